namespace Savevm.Machine.VMState.Tree;

/// <summary>
/// One thing in a device's state. Immutable; any thread may read it. Its bytes are those of the section's body and live as long
/// as that does.
/// </summary>
public sealed class DecodedNode
{
    private static readonly DecodedNode[] NoChildren = [];

    internal DecodedNode(NodeKind kind, string name, string type, int bodyOffset, DecodedValue value)
    {
        Kind = kind;
        Name = name;
        Type = type;
        BodyOffset = bodyOffset;
        Value = value;
    }

    /// <summary>What the node is.</summary>
    public NodeKind Kind { get; }

    /// <summary>
    /// QEMU's expression for a field, such as <c>env.regs</c>; the name of a subsection, such as <c>cpu/xsave</c>; of an element
    /// the name of its array.
    /// </summary>
    public string Name { get; }

    /// <summary>Number of the element within its array or container; null for everything else.</summary>
    public int? Index { get; init; }

    /// <summary>QEMU's name for the kind of field, such as <c>uint32</c>, <c>struct</c> or <c>virtio</c>.</summary>
    public string Type { get; }

    /// <summary>Name of the description by which a structure or subsection was written; empty for other nodes.</summary>
    public string VmsdName { get; init; } = "";

    /// <summary>Version of that description; 0 for other nodes.</summary>
    public uint Version { get; init; }

    /// <summary>Offset of the first byte in the section's body.</summary>
    public int BodyOffset { get; }

    /// <summary>Number of bytes, with everything nested.</summary>
    public int Bytes => Raw.Length;

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Raw => Value.Bytes;

    /// <summary>The bytes as what they mean. Its kind is None where the children have the values.</summary>
    public DecodedValue Value { get; }

    /// <summary>Fields, then subsections; elements of an array or container. In wire order.</summary>
    public IReadOnlyList<DecodedNode> Children { get; init; } = NoChildren;

    /// <summary>Name with index: <c>env.regs</c> or <c>ports[2]</c>.</summary>
    public string Label => Index is { } index ? $"{Name}[{index}]" : Name;

    /// <summary>
    /// The child with this label. An element of an array or container among the children is found as <c>ports[2]</c>.
    /// </summary>
    /// <returns>Null when there is none.</returns>
    public DecodedNode? Find(string label)
    {
        foreach (DecodedNode child in Children)
        {
            if (child.Label == label)
                return child;
        }
        foreach (DecodedNode child in Children)
        {
            if (child.Kind is NodeKind.Array or NodeKind.Container && label.StartsWith(child.Name, StringComparison.Ordinal)
                && child.Find(label) is { } element)
                return element;
        }
        return null;
    }

    /// <summary>Goes down by labels, as <see cref="Find"/> does at each level.</summary>
    /// <returns>Null when one of them is missing.</returns>
    public DecodedNode? FindPath(params ReadOnlySpan<string> labels)
    {
        DecodedNode? node = this;
        foreach (string label in labels)
            node = node?.Find(label);
        return node;
    }
}
