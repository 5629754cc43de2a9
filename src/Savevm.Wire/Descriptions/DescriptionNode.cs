namespace Savevm.Wire.Descriptions;

/// <summary>
/// One structure or one field of a parsed description. Nodes lie in one array and refer to each other by index; names stay
/// in the text. A description of thousands of fields is thus two allocations.
/// </summary>
internal struct DescriptionNode
{
    /// <summary>No node, no number.</summary>
    internal const int None = -1;

    /// <summary>Position of the name in the text: a field's name or a structure's <c>vmsd_name</c>.</summary>
    internal int NameStart;

    /// <summary>Bytes of the name.</summary>
    internal int NameLength;

    /// <summary>Position of a field's type in the text.</summary>
    internal int TypeStart;

    /// <summary>Bytes of the type.</summary>
    internal int TypeLength;

    /// <summary>A structure's version.</summary>
    internal uint Version;

    /// <summary>A field: bytes of one element. A structure: bytes of its fields and subsections, and of its own head if it is one.</summary>
    internal int Size;

    /// <summary>Elements that the field describes at once; None where the text does not say.</summary>
    internal int ArrayLength;

    /// <summary>Number of the element within its array; None where the text does not say.</summary>
    internal int Index;

    /// <summary>Offset in the body, of the first element; None where it cannot be known.</summary>
    internal int BodyOffset;

    /// <summary>A structure: its first field. A field: the first structure nested in it.</summary>
    internal int FirstChild;

    /// <summary>A structure: its first subsection.</summary>
    internal int FirstSubsection;

    /// <summary>The next field, structure or subsection of the same list.</summary>
    internal int Next;

    /// <summary>A structure that is a subsection: it has a head on the wire.</summary>
    internal bool IsSubsection;

    internal static DescriptionNode Create() => new()
    {
        ArrayLength = None,
        Index = None,
        BodyOffset = None,
        FirstChild = None,
        FirstSubsection = None,
        Next = None,
    };

    /// <summary>Bytes of all elements of a field. At most 2^28 each, so the product fits.</summary>
    internal readonly long TotalBytes => (long)Size * (ArrayLength == None ? 1 : ArrayLength);
}
