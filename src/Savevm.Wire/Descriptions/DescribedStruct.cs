namespace Savevm.Wire.Descriptions;

/// <summary>
/// A structure of a description: that of a device, of a field, of an element of a container, or a subsection. A view; the
/// <see cref="VMDescription"/> owns everything.
/// </summary>
public readonly struct DescribedStruct
{
    private readonly VMDescription _description;
    private readonly int _node;

    internal DescribedStruct(VMDescription description, int node)
    {
        _description = description;
        _node = node;
    }

    /// <summary>Name of the description (<c>vmsd_name</c>), in new memory; empty where the text tells none.</summary>
    public string VmsdName => _description.ToText(Node.NameStart, Node.NameLength);

    /// <summary>Name of the description (<c>vmsd_name</c>): printable ASCII.</summary>
    public ReadOnlySpan<byte> VmsdNameUtf8 => _description.Text(Node.NameStart, Node.NameLength);

    /// <summary>Version that was written; 0 where the text tells none.</summary>
    public uint Version => Node.Version;

    /// <summary>A subsection: on the wire it begins with a mark, its name and its version.</summary>
    public bool IsSubsection => Node.IsSubsection;

    /// <summary>Bytes of all fields and subsections, and of its own head if it is a subsection.</summary>
    public int Bytes => Node.Size;

    /// <summary>
    /// Offset of its first byte in the section's body, for an array described once that of its first element. Null where the
    /// sizes in the text contradict each other.
    /// </summary>
    public int? BodyOffset => Node.BodyOffset == DescriptionNode.None ? null : Node.BodyOffset;

    /// <summary>The fields, in wire order.</summary>
    public DescribedFields Fields => new(_description, Node.FirstChild);

    /// <summary>The subsections, in wire order; they follow the fields.</summary>
    public DescribedStructs Subsections => new(_description, Node.FirstSubsection);

    private ref readonly DescriptionNode Node => ref _description.Node(_node);
}
