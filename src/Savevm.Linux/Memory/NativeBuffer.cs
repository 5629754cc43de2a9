using System.Runtime.InteropServices;

namespace Savevm.Linux.Memory;

/// <summary>
/// Aligned native memory that the garbage collector neither moves nor scans. The owner disposes it, and only when nobody uses
/// its address or span any more; there is no finalizer, for it could free memory under a running system call.
/// </summary>
public sealed unsafe class NativeBuffer : IDisposable
{
    private void* address;

    /// <summary>Allocates memory whose content is undefined.</summary>
    /// <param name="length">Number of bytes, at least 1.</param>
    /// <param name="alignment">A power of two; a page by default.</param>
    /// <exception cref="OutOfMemoryException">There is not so much memory.</exception>
    public NativeBuffer(nint length, int alignment = 4096)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(alignment, 1);
        address = NativeMemory.AlignedAlloc((nuint)length, (nuint)alignment);
        Length = length;
    }

    /// <summary>The first byte.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(address == null, this);
            return (nint)address;
        }
    }

    /// <summary>Number of bytes.</summary>
    public nint Length { get; }

    /// <summary>All bytes; only for buffers below 2 GiB.</summary>
    /// <exception cref="OverflowException">The buffer is too long for a span; use <see cref="Slice"/>.</exception>
    public Span<byte> Span => new((void*)Address, checked((int)Length));

    /// <summary>A part of the bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the buffer.</exception>
    public Span<byte> Slice(nint offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset, nameof(length));
        return new Span<byte>((void*)(Address + offset), length);
    }

    /// <summary>Sets every byte to zero.</summary>
    public void Clear() => NativeMemory.Clear((void*)Address, (nuint)Length);

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        var freed = address;
        address = null;
        if (freed != null) NativeMemory.AlignedFree(freed);
    }
}
