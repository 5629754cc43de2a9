using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Savevm.Linux.Descriptors;

/// <summary>
/// Reading, writing and waiting on file descriptors of any kind, without allocation. Interrupted calls are repeated.
/// </summary>
public static unsafe class Descriptor
{
    /// <summary>The most segments that one readv or writev takes.</summary>
    public const int MaximumSegments = 1024;

    private const int GetFlags = 3, SetFlags = 4, DuplicateCloseOnExec = 1030;
    private const int NonBlockingFlag = 0x800, CloseOnExecFlag = 0x80000;

    /// <summary>Reads once. Returns 0 at the end, and -1 when a non-blocking descriptor has nothing yet.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static int Read(SafeHandle descriptor, Span<byte> buffer, string name)
    {
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                var count = DescriptorCalls.Read(descriptor, bytes, (nuint)buffer.Length);
                if (count >= 0) return (int)count;
                if (WouldBlock("read", name)) return -1;
            }
        }
    }

    /// <summary>Writes once, maybe not all. Returns the number of bytes, or -1 when a non-blocking descriptor takes nothing now.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static int Write(SafeHandle descriptor, ReadOnlySpan<byte> bytes, string name)
    {
        fixed (byte* first = bytes)
        {
            while (true)
            {
                var count = DescriptorCalls.Write(descriptor, first, (nuint)bytes.Length);
                if (count >= 0) return (int)count;
                if (WouldBlock("write", name)) return -1;
            }
        }
    }

    /// <summary>Reads once into several pieces of memory; like <see cref="Read"/> otherwise.</summary>
    /// <typeparam name="T">A type with the layout of <c>struct iovec</c>: address, then length.</typeparam>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static nint ReadVector<T>(SafeHandle descriptor, ReadOnlySpan<T> segments, string name) where T : unmanaged
    {
        CheckSegment<T>();
        fixed (T* first = segments)
        {
            while (true)
            {
                var count = DescriptorCalls.ReadVector(descriptor, first, Math.Min(segments.Length, MaximumSegments));
                if (count >= 0) return count;
                if (WouldBlock("readv", name)) return -1;
            }
        }
    }

    /// <summary>
    /// Writes once from several pieces of memory, at most <see cref="MaximumSegments"/> of them, maybe not all; like
    /// <see cref="Write"/> otherwise.
    /// </summary>
    /// <typeparam name="T">A type with the layout of <c>struct iovec</c>: address, then length.</typeparam>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static nint WriteVector<T>(SafeHandle descriptor, ReadOnlySpan<T> segments, string name) where T : unmanaged
    {
        CheckSegment<T>();
        fixed (T* first = segments)
        {
            while (true)
            {
                var count = DescriptorCalls.WriteVector(descriptor, first, Math.Min(segments.Length, MaximumSegments));
                if (count >= 0) return count;
                if (WouldBlock("writev", name)) return -1;
            }
        }
    }

    /// <summary>Waits for one descriptor. <see cref="PollEvents.None"/> means that the time ran out.</summary>
    /// <param name="descriptor">What to wait for.</param>
    /// <param name="events">What to wait for; errors and hang-ups are always reported.</param>
    /// <param name="timeout">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever, zero to ask only.</param>
    /// <param name="name">For messages.</param>
    public static PollEvents Wait(SafeHandle descriptor, PollEvents events, TimeSpan timeout, string name) =>
        Wait(descriptor, events, null, timeout, name);

    /// <summary>
    /// Waits for one descriptor or a signalled <see cref="Wakeup"/>, which shows as <see cref="PollEvents.Invalid"/> alone.
    /// </summary>
    public static PollEvents Wait(SafeHandle descriptor, PollEvents events, Wakeup? wakeup, TimeSpan timeout, string name)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false, wakeupHeld = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            wakeup?.Handle.DangerousAddRef(ref wakeupHeld);
            var entries = stackalloc PollEntry[2];
            entries[0] = new PollEntry { Descriptor = (int)descriptor.DangerousGetHandle(), Events = events };
            if (wakeupHeld)
                entries[1] = new PollEntry { Descriptor = (int)wakeup!.Handle.DangerousGetHandle(), Events = PollEvents.Readable };
            var ready = Poll(entries, wakeupHeld ? 2u : 1u, timeout, name);
            if (!ready) return PollEvents.None;
            return entries[1].Returned != 0 ? PollEvents.Invalid : entries[0].Returned;
        }
        finally
        {
            if (wakeupHeld) wakeup!.Handle.DangerousRelease();
            if (held) descriptor.DangerousRelease();
        }
    }

    /// <summary>Waits until one of two descriptors can be read or has ended.</summary>
    /// <returns>What came for each.</returns>
    public static (PollEvents First, PollEvents Second) WaitReadable(SafeHandle first, SafeHandle second, TimeSpan timeout, string name)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        bool firstHeld = false, secondHeld = false;
        try
        {
            first.DangerousAddRef(ref firstHeld);
            second.DangerousAddRef(ref secondHeld);
            var entries = stackalloc PollEntry[2];
            entries[0] = new PollEntry { Descriptor = (int)first.DangerousGetHandle(), Events = PollEvents.Readable };
            entries[1] = new PollEntry { Descriptor = (int)second.DangerousGetHandle(), Events = PollEvents.Readable };
            return Poll(entries, 2, timeout, name) ? (entries[0].Returned, entries[1].Returned) : (PollEvents.None, PollEvents.None);
        }
        finally
        {
            if (secondHeld) second.DangerousRelease();
            if (firstHeld) first.DangerousRelease();
        }
    }

    /// <summary>Gives a pipe as much room as an ordinary user's may have.</summary>
    /// <param name="pipe">Either end.</param>
    /// <returns>How many bytes it holds. The usual 64 KiB where the user has too many large pipes already.</returns>
    public static int EnlargePipe(SafeFileHandle pipe)
    {
        const int SetPipeSize = 1031, WantedBytes = 1 << 20, UsualBytes = 64 << 10;
        var size = DescriptorCalls.Control(pipe, SetPipeSize, WantedBytes);
        return size > 0 ? size : UsualBytes;
    }

    /// <summary>Makes a pipe whose ends no child inherits.</summary>
    /// <param name="nonBlockingRead">Reads from it return at once.</param>
    /// <param name="nonBlockingWrite">Writes to it return at once.</param>
    public static (SafeFileHandle Read, SafeFileHandle Write) Pipe(bool nonBlockingRead = false, bool nonBlockingWrite = false)
    {
        var ends = stackalloc int[2];
        if (DescriptorCalls.Pipe(ends, CloseOnExecFlag) != 0) throw LinuxException.Last("pipe2", "pipe");
        var read = new SafeFileHandle(ends[0], true);
        var write = new SafeFileHandle(ends[1], true);
        if (nonBlockingRead) SetNonBlocking(read, true, "pipe");
        if (nonBlockingWrite) SetNonBlocking(write, true, "pipe");
        return (read, write);
    }

    /// <summary>A second descriptor of the same open file, with a number of at least <paramref name="lowest"/>; no child inherits it.</summary>
    public static SafeFileHandle Duplicate(SafeHandle descriptor, int lowest = 3)
    {
        var number = DescriptorCalls.Control(descriptor, DuplicateCloseOnExec, lowest);
        if (number < 0) throw LinuxException.Last("fcntl", "descriptor");
        return new SafeFileHandle(number, true);
    }

    /// <summary>Opens a path by <c>open(2)</c>; no child inherits the descriptor.</summary>
    /// <param name="path">The path.</param>
    /// <param name="access">How it is opened.</param>
    /// <param name="flags">More of open's own flags, beside the access mode and O_CLOEXEC.</param>
    /// <param name="mode">Permissions of a file that is made, before the umask.</param>
    /// <exception cref="LinuxException">The call failed; it names <paramref name="path"/>.</exception>
    public static SafeFileHandle Open(string path, FileAccess access, OpenOptions flags = OpenOptions.None, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Contains('\0', StringComparison.Ordinal)) throw new ArgumentException("A path cannot contain a NUL.", nameof(path));
        var accessMode = access switch { FileAccess.Read => 0, FileAccess.Write => 1, _ => 2 };
        while (true)
        {
            var number = DescriptorCalls.Open(path, accessMode | (int)flags | CloseOnExecFlag, (int)mode);
            if (number >= 0) return new SafeFileHandle(number, true);
            if (Marshal.GetLastPInvokeError() != Errno.EINTR) throw LinuxException.Last("open", path);
        }
    }

    /// <summary>Sets or clears O_NONBLOCK, which all descriptors of the same open file share.</summary>
    public static void SetNonBlocking(SafeHandle descriptor, bool nonBlocking, string name)
    {
        var flags = DescriptorCalls.Control(descriptor, GetFlags, 0);
        if (flags < 0) throw LinuxException.Last("fcntl", name);
        var wanted = nonBlocking ? flags | NonBlockingFlag : flags & ~NonBlockingFlag;
        if (wanted != flags && DescriptorCalls.Control(descriptor, SetFlags, wanted) < 0) throw LinuxException.Last("fcntl", name);
    }

    /// <summary>What a descriptor can do by its open mode.</summary>
    /// <exception cref="LinuxException">It is not open.</exception>
    public static FileAccess AccessOf(SafeHandle descriptor, string name)
    {
        var flags = DescriptorCalls.Control(descriptor, GetFlags, 0);
        if (flags < 0) throw LinuxException.Last("fcntl", name);
        return (flags & 3) switch { 0 => FileAccess.Read, 1 => FileAccess.Write, _ => FileAccess.ReadWrite };
    }

    private static bool Poll(PollEntry* entries, nuint count, TimeSpan timeout, string name)
    {
        var forEver = timeout < TimeSpan.Zero;
        var started = forEver ? 0 : Environment.TickCount64;
        var limit = forEver ? -1 : (int)Math.Min(Math.Ceiling(timeout.TotalMilliseconds), int.MaxValue);
        var left = limit;
        while (true)
        {
            var ready = DescriptorCalls.Poll(entries, count, left);
            if (ready >= 0) return ready > 0;
            if (Marshal.GetLastPInvokeError() != Errno.EINTR) throw LinuxException.Last("poll", name);
            if (!forEver) left = (int)Math.Max(0, limit - (Environment.TickCount64 - started));
        }
    }

    private static bool WouldBlock(string call, string name) => Marshal.GetLastPInvokeError() switch
    {
        Errno.EINTR => false,
        Errno.EAGAIN => true,
        var error => throw new LinuxException(error, call, name),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CheckSegment<T>() where T : unmanaged
    {
        if (sizeof(T) != 2 * sizeof(nint)) throw new ArgumentException($"{typeof(T)} does not have the layout of struct iovec.");
    }
}
