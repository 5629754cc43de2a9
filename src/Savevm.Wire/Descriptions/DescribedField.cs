namespace Savevm.Wire.Descriptions;

/// <summary>One field of a structure. A view; the <see cref="VMDescription"/> owns everything.</summary>
public readonly struct DescribedField
{
    private readonly VMDescription _description;
    private readonly int _node;

    internal DescribedField(VMDescription description, int node)
    {
        _description = description;
        _node = node;
    }

    /// <summary>QEMU's expression for it, such as <c>env.regs</c>, in new memory. Not unique: see <see cref="Index"/>.</summary>
    public string Name => _description.ToText(Node.NameStart, Node.NameLength);

    /// <summary>QEMU's expression for it: printable ASCII, perhaps empty.</summary>
    public ReadOnlySpan<byte> NameUtf8 => _description.Text(Node.NameStart, Node.NameLength);

    /// <summary>Kind of the field, such as <c>uint32</c> or <c>struct</c>, in new memory.</summary>
    public string Type => _description.ToText(Node.TypeStart, Node.TypeLength);

    /// <summary>Kind of the field: printable ASCII, perhaps empty.</summary>
    public ReadOnlySpan<byte> TypeUtf8 => _description.Text(Node.TypeStart, Node.TypeLength);

    /// <summary>Bytes of one element with everything nested in it.</summary>
    public int Size => Node.Size;

    /// <summary>
    /// Number of elements that this entry describes at once; all are as long as the first. Null where it describes one.
    /// </summary>
    public int? ArrayLength => Node.ArrayLength == DescriptionNode.None ? null : Node.ArrayLength;

    /// <summary>
    /// Number of the element in an array that is described element by element. QEMU 10.0 and 11.0 leave it out in the last one,
    /// 11.1 in all.
    /// </summary>
    public int? Index => Node.Index == DescriptionNode.None ? null : Node.Index;

    /// <summary>Bytes of all elements.</summary>
    public long TotalBytes => Node.TotalBytes;

    /// <summary>
    /// Offset of its first byte in the section's body; inside an array described once that of the first element. Null where the
    /// sizes in the text contradict each other.
    /// </summary>
    public int? BodyOffset => Node.BodyOffset == DescriptionNode.None ? null : Node.BodyOffset;

    /// <summary>
    /// What is nested in it: one structure for <c>struct</c>, <c>vstruct</c> and <c>tmp</c>, one for each element of <c>qtailq</c>
    /// and <c>qlist</c>, one or two (key, value) for each of <c>gtree</c>; otherwise none.
    /// </summary>
    public DescribedStructs Structs => new(_description, Node.FirstChild);

    /// <summary>
    /// A null pointer: one byte 0x30. Before QEMU 10.0 it has the field's own type and an empty structure of one byte. Since 11.1 its type
    /// is <c>ptr-marker</c>, which stands before elements that are there, too: then only the byte tells, and this is false.
    /// </summary>
    public bool IsNullPointer => TypeUtf8.SequenceEqual("nullptr"u8)
        || (Size == 1 && TypeUtf8.SequenceEqual("struct"u8) && Node.FirstChild != DescriptionNode.None
            && _description.Node(Node.FirstChild).NameLength == 0);

    private ref readonly DescriptionNode Node => ref _description.Node(_node);
}
