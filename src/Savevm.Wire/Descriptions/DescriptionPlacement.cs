namespace Savevm.Wire.Descriptions;

/// <summary>
/// Gives every node its offset in the section's body. Sizes alone decide; where they do not add up to what holds them, the
/// nodes inside have no offset.
/// </summary>
internal readonly ref struct DescriptionPlacement(Span<DescriptionNode> nodes, ReadOnlySpan<byte> text)
{
    // Bytes of a container besides its elements: a byte before each element and one at the end; a tree has a count, too.
    private const int MarkerBytes = 1;
    private const int TreeCountBytes = 4;
    private const int DirectKeyBytes = 8;

    private readonly Span<DescriptionNode> _nodes = nodes;
    private readonly ReadOnlySpan<byte> _text = text;

    /// <summary>Places a structure that begins at <paramref name="at"/>. Recursion is as deep as the text was.</summary>
    internal void Place(int structure, int at)
    {
        ref DescriptionNode node = ref _nodes[structure];
        node.BodyOffset = at;
        if (node.IsSubsection)
            at += SubsectionReader.HeaderBytes(node.NameLength);
        for (int i = node.FirstChild; i != DescriptionNode.None; i = _nodes[i].Next)
        {
            PlaceField(i, at);
            // The sum of a section is below 2^28.
            at += (int)_nodes[i].TotalBytes;
        }
        for (int i = node.FirstSubsection; i != DescriptionNode.None; i = _nodes[i].Next)
        {
            Place(i, at);
            at += _nodes[i].Size;
        }
    }

    private void PlaceField(int field, int at)
    {
        ref DescriptionNode node = ref _nodes[field];
        node.BodyOffset = at;
        // What an array without elements would hold is nowhere.
        if (node.FirstChild == DescriptionNode.None || node.TotalBytes == 0)
            return;
        ReadOnlySpan<byte> type = _text.Slice(node.TypeStart, node.TypeLength);
        if (type.SequenceEqual("qtailq"u8) || type.SequenceEqual("qlist"u8))
            PlaceElements(node, at + MarkerBytes, MarkerBytes, elementsOfOneEntry: 1, overhead: MarkerBytes);
        else if (type.SequenceEqual("gtree"u8))
            PlaceTree(node, at);
        else if (SizeOfChildren(node, out _) == node.Size)
            Place(node.FirstChild, at);
    }

    /// <summary>A tree's keys are numbers, or structures that stand before their values. The size tells which.</summary>
    private void PlaceTree(in DescriptionNode node, int at)
    {
        long children = SizeOfChildren(node, out int count);
        int first = at + TreeCountBytes + MarkerBytes;
        int overhead = TreeCountBytes + MarkerBytes;
        if (node.Size == overhead + children + ((long)count * (MarkerBytes + DirectKeyBytes)))
            PlaceElements(node, first + DirectKeyBytes, MarkerBytes + DirectKeyBytes, elementsOfOneEntry: 1, overhead);
        else
            PlaceElements(node, first, MarkerBytes, elementsOfOneEntry: 2, overhead);
    }

    private void PlaceElements(in DescriptionNode node, int at, int gap, int elementsOfOneEntry, int overhead)
    {
        long children = SizeOfChildren(node, out int count);
        if (count % elementsOfOneEntry != 0 || node.Size != overhead + children + ((long)(count / elementsOfOneEntry) * gap))
            return;
        int number = 0;
        for (int i = node.FirstChild; i != DescriptionNode.None; i = _nodes[i].Next)
        {
            Place(i, at);
            number++;
            at += _nodes[i].Size + (number % elementsOfOneEntry == 0 ? gap : 0);
        }
    }

    private long SizeOfChildren(in DescriptionNode node, out int count)
    {
        long sum = 0;
        count = 0;
        for (int i = node.FirstChild; i != DescriptionNode.None; i = _nodes[i].Next)
        {
            sum += _nodes[i].Size;
            count++;
        }
        return sum;
    }
}
