using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;

namespace Savevm.Linux.Sockets;

/// <summary>Stream sockets of the unix family.</summary>
public static unsafe class UnixSocket
{
    /// <summary>The longest path a unix socket can have, in bytes of UTF-8.</summary>
    public const int MaximumPathBytes = 107;

    private const int Family = 1;

    /// <summary>Two sockets that are connected to each other.</summary>
    public static (SafeFileHandle First, SafeFileHandle Second) Pair()
    {
        var ends = stackalloc int[2];
        if (SocketCalls.SocketPair(Family, StreamSocket.StreamType | StreamSocket.CloseOnExec, 0, ends) != 0)
            throw LinuxException.Last("socketpair", "socket pair");
        return (new SafeFileHandle(ends[0], true), new SafeFileHandle(ends[1], true));
    }

    /// <summary>Connects to a listening socket; waits while its queue is full.</summary>
    /// <exception cref="LinuxException">Nobody listens there, or it is not allowed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static SafeFileHandle Connect(string path, CancellationToken cancellationToken = default)
    {
        Span<byte> address = stackalloc byte[2 + MaximumPathBytes + 1];
        address = address[..Encode(path, address)];
        using var wakeup = new Wakeup();
        using var registration = wakeup.SignalOn(cancellationToken);
        var socket = StreamSocket.Create(Family, StreamSocket.NonBlocking, path);
        try
        {
            while (!StreamSocket.Connect(socket, address, wakeup, path, cancellationToken))
            {
                // The kernel does not tell when the queue has room again.
                cancellationToken.WaitHandle.WaitOne(5);
                cancellationToken.ThrowIfCancellationRequested();
            }
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes a listening socket. A socket file that nobody listens on is replaced, any other file is not. The listener does not block.
    /// </summary>
    /// <param name="path">Where; at most <see cref="MaximumPathBytes"/> bytes.</param>
    /// <param name="backlog">How many connections may wait.</param>
    /// <param name="mode">Who may connect (write permission); by default its owner only.</param>
    /// <exception cref="LinuxException">The path is in use or cannot be made.</exception>
    public static SafeFileHandle Listen(string path, int backlog = 16, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        Span<byte> address = stackalloc byte[2 + MaximumPathBytes + 1];
        address = address[..Encode(path, address)];
        var socket = StreamSocket.Create(Family, StreamSocket.NonBlocking, path);
        try
        {
            // Linux gives the file the mode of the socket, so it is never open to others, not even for a moment.
            if (SocketCalls.ChangeMode(socket, (uint)mode) != 0) throw LinuxException.Last("fchmod", path);
            var error = Bind(socket, address);
            if (error == Errno.EADDRINUSE && IsAbandoned(path))
            {
                File.Delete(path);
                error = Bind(socket, address);
            }
            if (error != 0) throw new LinuxException(error, "bind", path);
            if (SocketCalls.Listen(socket, backlog) != 0) throw LinuxException.Last("listen", path);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the next connection of a listener made by <see cref="Listen"/>.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static SafeFileHandle Accept(SafeFileHandle listener, string path, CancellationToken cancellationToken = default) =>
        StreamSocket.Accept(listener, path, cancellationToken);

    /// <summary>Checks that a path is short enough for a socket.</summary>
    /// <exception cref="LinuxException">It is too long; the message says by how much.</exception>
    public static void CheckPath(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path.Contains('\0', StringComparison.Ordinal)) throw new ArgumentException("A path cannot contain a NUL.", nameof(path));
        var length = Encoding.UTF8.GetByteCount(path);
        if (length > MaximumPathBytes)
            throw new LinuxException(Errno.ENAMETOOLONG, "bind", $"{path}: {length} bytes, a unix socket takes {MaximumPathBytes}");
    }

    private static int Encode(string path, Span<byte> address)
    {
        CheckPath(path);
        address.Clear();
        address[0] = Family;
        return 2 + Encoding.UTF8.GetBytes(path, address[2..]) + 1;
    }

    private static int Bind(SafeFileHandle socket, ReadOnlySpan<byte> address)
    {
        fixed (byte* bytes = address)
            return SocketCalls.Bind(socket, bytes, (uint)address.Length) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    private static bool IsAbandoned(string path)
    {
        try
        {
            using var socket = Connect(path);
            return false;
        }
        catch (LinuxException error)
        {
            // A regular file refuses connections too.
            return error.ErrorNumber == Errno.ECONNREFUSED && IsSocketFile(path);
        }
    }

    private static bool IsSocketFile(string path) =>
        FileKinds.KindOf(path) == FileKind.Socket;
}
