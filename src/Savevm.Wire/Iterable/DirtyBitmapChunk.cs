namespace Savevm.Wire.Iterable;

/// <summary>One chunk of a dirty-bitmap body. Names and bits point into the window that was read.</summary>
public readonly ref struct DirtyBitmapChunk
{
    /// <summary>Which parts the chunk has.</summary>
    public DirtyBitmapFlags Flags { get; init; }

    /// <summary>Alias of the node, printable ASCII; empty means that of the chunk before.</summary>
    public ReadOnlySpan<byte> NodeName { get; init; }

    /// <summary>Alias of the bitmap, printable ASCII; empty means that of the chunk before.</summary>
    public ReadOnlySpan<byte> BitmapName { get; init; }

    /// <summary>START: bytes of the disk for each bit, a power of two of at least 512.</summary>
    public uint Granularity { get; init; }

    /// <summary>START: bit 0 enabled, bit 1 persistent, bit 2 without meaning.</summary>
    public byte BitmapFlags { get; init; }

    /// <summary>BITS: first sector of 512 bytes.</summary>
    public ulong FirstSector { get; init; }

    /// <summary>BITS: number of sectors.</summary>
    public uint SectorCount { get; init; }

    /// <summary>
    /// BITS: bit <c>n % 8</c> of byte <c>n / 8</c> stands for the n-th granule from the first sector on, padded by QEMU to 32 bytes.
    /// Empty for ZEROES.
    /// </summary>
    public ReadOnlySpan<byte> Bits { get; init; }

    /// <summary>The body ends with this chunk.</summary>
    public bool IsLast => (Flags & DirtyBitmapFlags.Eos) != 0;
}
