using System.Runtime.InteropServices;
using Savevm.Linux.Files;

namespace Savevm.Linux.Memory;

/// <summary>
/// Memory that was mapped, for reading and writing. The owner disposes it, and only when nobody uses its addresses any more; there is no
/// finalizer, for it could unmap memory under a running system call.
/// </summary>
public sealed class MemoryMapping : IDisposable
{
    private const nint Failed = -1;

    private readonly string name;
    private nint address;

    private MemoryMapping(nint address, nint length, string name)
    {
        this.address = address;
        this.name = name;
        Length = length;
    }

    /// <summary>The first byte, at the beginning of a page.</summary>
    /// <exception cref="ObjectDisposedException">The memory was unmapped.</exception>
    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(address == 0, this);
            return address;
        }
    }

    /// <summary>Number of bytes, a multiple of the host's page size.</summary>
    public nint Length { get; }

    /// <summary>Private memory without a file, all zero. Nothing is reserved for it before it is written to.</summary>
    /// <param name="length">Number of bytes, at least 1; rounded up to whole pages.</param>
    /// <param name="name">For messages.</param>
    /// <exception cref="LinuxException">The address space or the user's limit is exhausted.</exception>
    public static MemoryMapping Anonymous(nint length, string name) =>
        Map(length, MemoryCalls.MapPrivate | MemoryCalls.MapAnonymous | MemoryCalls.MapNoReserve, -1, name);

    /// <summary>
    /// The beginning of a file that is open for reading and writing. The file may be closed afterwards. Who makes it shorter takes the
    /// memory away: a touch behind its end kills the process.
    /// </summary>
    /// <param name="file">The file, at least <paramref name="length"/> bytes long.</param>
    /// <param name="length">Number of bytes, at least 1; rounded up to whole pages.</param>
    /// <param name="isShared">Writes go to the file and to everybody who maps it; otherwise they stay private to this mapping.</param>
    /// <exception cref="LinuxException">The file cannot be mapped.</exception>
    public static MemoryMapping OfFile(LinuxFile file, nint length, bool isShared)
    {
        ArgumentNullException.ThrowIfNull(file);
        var held = false;
        try
        {
            file.Handle.DangerousAddRef(ref held);
            var flags = isShared ? MemoryCalls.MapShared : MemoryCalls.MapPrivate | MemoryCalls.MapNoReserve;
            return Map(length, flags, (int)file.Handle.DangerousGetHandle(), file.Name);
        }
        finally
        {
            if (held) file.Handle.DangerousRelease();
        }
    }

    /// <summary>Tells the kernel something about a range of whole pages.</summary>
    /// <exception cref="LinuxException">The kernel cannot do so, for example a hole in a file system that has none.</exception>
    public void Advise(MemoryAdvice advice, nint offset, nint length)
    {
        if (!TryAdvise(advice, offset, length)) throw LinuxException.Last("madvise", name);
    }

    /// <summary>The same, for advice that may be refused; false when it was. The error number is the last one of this thread.</summary>
    public bool TryAdvise(MemoryAdvice advice, nint offset, nint length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        while (MemoryCalls.Advise(Address + offset, (nuint)length, (int)advice) != 0)
        {
            if (Marshal.GetLastPInvokeError() is not (Errno.EAGAIN or Errno.EINTR)) return false;
        }
        return true;
    }

    /// <summary>Unmaps the memory.</summary>
    public void Dispose()
    {
        var unmapped = address;
        address = 0;
        if (unmapped != 0 && MemoryCalls.Unmap(unmapped, (nuint)Length) != 0) throw LinuxException.Last("munmap", name);
    }

    private static MemoryMapping Map(nint length, int flags, int descriptor, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        var pageSize = Environment.SystemPageSize;
        var rounded = checked(length + pageSize - 1) & -pageSize;
        var mapped = MemoryCalls.Map(0, (nuint)rounded, MemoryCalls.ProtectRead | MemoryCalls.ProtectWrite, flags, descriptor, 0);
        return mapped == Failed ? throw LinuxException.Last("mmap", name) : new MemoryMapping(mapped, rounded, name);
    }
}
