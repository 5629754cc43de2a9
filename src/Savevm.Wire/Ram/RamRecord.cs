namespace Savevm.Wire.Ram;

/// <summary>The head of one RAM record. Its name points into the window that was read.</summary>
public readonly ref struct RamRecord
{
    internal RamRecord(RamRecordKind kind, ulong address, bool continues, ReadOnlySpan<byte> blockName, byte fill = 0)
    {
        Kind = kind;
        Continues = continues;
        Address = address;
        BlockName = blockName;
        Fill = fill;
    }

    /// <summary>What the record is.</summary>
    public RamRecordKind Kind { get; }

    /// <summary>The block is that of the record before on the same channel; <see cref="BlockName"/> is empty.</summary>
    public bool Continues { get; }

    /// <summary>
    /// Byte offset of the page in its block, a multiple of 4096 below <see cref="WireLimits.MaxRamBytes"/>; whether it
    /// lies inside the block is for the caller to check. For <see cref="RamRecordKind.MemorySize"/> the sum of all blocks' lengths.
    /// </summary>
    public ulong Address { get; }

    /// <summary>The byte that fills a <see cref="RamRecordKind.ZeroPage"/>; 0 unless the dialect accepts others.</summary>
    public byte Fill { get; }

    /// <summary>Name of the block, 1 to 255 bytes of printable ASCII; empty when the record names none.</summary>
    public ReadOnlySpan<byte> BlockName { get; }
}
