using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;

namespace Savevm.Linux.Sockets;

/// <summary>What all connected stream sockets have in common. They block, no child inherits them, and no call raises SIGPIPE.</summary>
public static unsafe class StreamSocket
{
    internal const int StreamType = 1, CloseOnExec = 0x80000, NonBlocking = 0x800;
    private const int SocketLevel = 1, SendBufferOption = 7, ReceiveBufferOption = 8, ErrorOption = 4, NoSignal = 0x4000;

    /// <summary>
    /// Writes once from several pieces of memory, at most <see cref="Descriptor.MaximumSegments"/> of them, maybe not all.
    /// Returns the number of bytes, or -1 when a non-blocking socket takes nothing now.
    /// </summary>
    /// <typeparam name="T">A type with the layout of <c>struct iovec</c>: address, then length.</typeparam>
    /// <exception cref="LinuxException">The connection broke.</exception>
    public static nint Send<T>(SafeHandle socket, ReadOnlySpan<T> segments, string name) where T : unmanaged
    {
        if (sizeof(T) != 2 * sizeof(nint)) throw new ArgumentException($"{typeof(T)} does not have the layout of struct iovec.");
        fixed (T* first = segments)
        {
            var message = new MessageHeader
            {
                Segments = first,
                SegmentCount = (nuint)Math.Min(segments.Length, Descriptor.MaximumSegments),
            };
            while (true)
            {
                var count = SocketCalls.SendMessage(socket, &message, NoSignal);
                if (count >= 0) return count;
                var error = Marshal.GetLastPInvokeError();
                if (error == Errno.EAGAIN) return -1;
                if (error != Errno.EINTR) throw new LinuxException(error, "sendmsg", name);
            }
        }
    }

    /// <summary>Ends one direction or both; calls of other threads that are blocked in it return.</summary>
    /// <exception cref="LinuxException">The call failed; a connection that is gone already is not a failure.</exception>
    public static void Shutdown(SafeHandle socket, ShutdownDirection direction, string name)
    {
        const int NotConnected = 107;
        if (SocketCalls.Shutdown(socket, (int)direction) == 0) return;
        var error = Marshal.GetLastPInvokeError();
        if (error is not (NotConnected or Errno.ECONNRESET)) throw new LinuxException(error, "shutdown", name);
    }

    /// <summary>Asks for buffer sizes in bytes; the kernel doubles them and bounds them by its own limits.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="send">SO_SNDBUF; 0 leaves it.</param>
    /// <param name="receive">SO_RCVBUF; 0 leaves it.</param>
    /// <param name="name">For messages.</param>
    public static void SetBufferSizes(SafeHandle socket, int send, int receive, string name)
    {
        if (send > 0) SetOption(socket, SocketLevel, SendBufferOption, send, name);
        if (receive > 0) SetOption(socket, SocketLevel, ReceiveBufferOption, receive, name);
    }

    /// <summary>The buffer sizes that the kernel uses, in its own doubled bytes.</summary>
    public static (int Send, int Receive) GetBufferSizes(SafeHandle socket, string name) =>
        (GetOption(socket, SocketLevel, SendBufferOption, name), GetOption(socket, SocketLevel, ReceiveBufferOption, name));

    internal static SafeFileHandle Create(int family, int flags, string name)
    {
        var number = SocketCalls.Socket(family, StreamType | CloseOnExec | flags, 0);
        return number >= 0 ? new SafeFileHandle(number, true) : throw LinuxException.Last("socket", name);
    }

    internal static void SetOption(SafeHandle socket, int level, int option, int value, string name)
    {
        if (SocketCalls.SetOption(socket, level, option, &value, sizeof(int)) != 0) throw LinuxException.Last("setsockopt", name);
    }

    internal static int GetOption(SafeHandle socket, int level, int option, string name)
    {
        int value = 0;
        uint length = sizeof(int);
        return SocketCalls.GetOption(socket, level, option, &value, &length) == 0 ? value : throw LinuxException.Last("getsockopt", name);
    }

    /// <summary>
    /// Connects a non-blocking socket and makes it block afterwards. False: a unix listener's queue is full, try again later.
    /// </summary>
    internal static bool Connect(SafeFileHandle socket, ReadOnlySpan<byte> address, Wakeup wakeup, string name, CancellationToken cancellationToken)
    {
        fixed (byte* bytes = address)
        {
            if (SocketCalls.Connect(socket, bytes, (uint)address.Length) != 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error == Errno.EAGAIN) return false;
                if (error is not (Errno.EINPROGRESS or Errno.EINTR)) throw new LinuxException(error, "connect", name);
                Descriptor.Wait(socket, PollEvents.Writable, wakeup, Timeout.InfiniteTimeSpan, name);
                cancellationToken.ThrowIfCancellationRequested();
                error = GetOption(socket, SocketLevel, ErrorOption, name);
                if (error != 0) throw new LinuxException(error, "connect", name);
            }
        }
        Descriptor.SetNonBlocking(socket, false, name);
        return true;
    }

    /// <summary>Waits for a connection of a non-blocking listener.</summary>
    internal static SafeFileHandle Accept(SafeFileHandle listener, string name, CancellationToken cancellationToken)
    {
        const int ConnectionAborted = 103;
        using var wakeup = new Wakeup();
        using var registration = wakeup.SignalOn(cancellationToken);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var number = SocketCalls.Accept(listener, null, null, CloseOnExec);
            if (number >= 0) return new SafeFileHandle(number, true);
            var error = Marshal.GetLastPInvokeError();
            if (error == Errno.EAGAIN) Descriptor.Wait(listener, PollEvents.Readable, wakeup, Timeout.InfiniteTimeSpan, name);
            else if (error is not (Errno.EINTR or ConnectionAborted)) throw new LinuxException(error, "accept", name);
        }
    }
}
