using Savevm.Hosting.Ram;

namespace Savevm.Heaps.Regions;

/// <summary>
/// A region of a heap. Its memory is native: the garbage collector neither moves nor scans it, and any code may read and write it at any time, also
/// while a snapshot is taken. It stays at its address until the heap is disposed of; an image brings it back at another one, so what points into it
/// are offsets.
/// </summary>
public sealed unsafe class HeapRegion
{
    internal HeapRegion(HostedRamBlock block) => (Name, Length, Address) = (block.IdStr, block.UsedLength, block.Address);

    /// <summary>Its name in images.</summary>
    public string Name { get; }

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>The first byte.</summary>
    public nint Address { get; }

    /// <summary>A part of it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside.</exception>
    public Span<byte> Slice(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset, nameof(length));
        // SAFETY: the part is inside, and the memory stays until the heap is disposed of, after which nobody may use it.
        return new Span<byte>((byte*)Address + offset, length);
    }
}
