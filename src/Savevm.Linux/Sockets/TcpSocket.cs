using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;

namespace Savevm.Linux.Sockets;

/// <summary>TCP over IPv4 and IPv6. Small writes are sent at once (TCP_NODELAY).</summary>
public static unsafe class TcpSocket
{
    private const int Family4 = 2, Family6 = 10, SocketLevel = 1, ReuseAddress = 2, TcpLevel = 6, NoDelay = 1, AddressBytes = 28;

    /// <summary>Connects to one address.</summary>
    /// <exception cref="LinuxException">The peer refused or cannot be reached.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static SafeFileHandle Connect(IPEndPoint endPoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        var name = $"tcp:{endPoint}";
        Span<byte> address = stackalloc byte[AddressBytes];
        address = address[..Encode(endPoint, address)];
        using var wakeup = new Wakeup();
        using var registration = wakeup.SignalOn(cancellationToken);
        var socket = StreamSocket.Create(address[0], StreamSocket.NonBlocking, name);
        try
        {
            if (!StreamSocket.Connect(socket, address, wakeup, name, cancellationToken)) throw new LinuxException(Errno.EAGAIN, "connect", name);
            StreamSocket.SetOption(socket, TcpLevel, NoDelay, 1, name);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Makes a listening socket, which does not block; port 0 lets the kernel choose, see <see cref="LocalEndPoint"/>.</summary>
    /// <exception cref="LinuxException">The address is in use or not ours.</exception>
    public static SafeFileHandle Listen(IPEndPoint endPoint, int backlog = 16)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        var name = $"tcp:{endPoint}";
        Span<byte> address = stackalloc byte[AddressBytes];
        address = address[..Encode(endPoint, address)];
        var socket = StreamSocket.Create(address[0], StreamSocket.NonBlocking, name);
        try
        {
            StreamSocket.SetOption(socket, SocketLevel, ReuseAddress, 1, name);
            fixed (byte* bytes = address)
                if (SocketCalls.Bind(socket, bytes, (uint)address.Length) != 0) throw LinuxException.Last("bind", name);
            if (SocketCalls.Listen(socket, backlog) != 0) throw LinuxException.Last("listen", name);
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
    public static SafeFileHandle Accept(SafeFileHandle listener, string name, CancellationToken cancellationToken = default)
    {
        var socket = StreamSocket.Accept(listener, name, cancellationToken);
        StreamSocket.SetOption(socket, TcpLevel, NoDelay, 1, name);
        return socket;
    }

    /// <summary>The address of our side.</summary>
    public static IPEndPoint LocalEndPoint(SafeHandle socket)
    {
        var address = stackalloc byte[AddressBytes];
        uint length = AddressBytes;
        if (SocketCalls.GetName(socket, address, &length) != 0) throw LinuxException.Last("getsockname", "tcp");
        return Decode(new ReadOnlySpan<byte>(address, AddressBytes));
    }

    /// <summary>The address of the peer.</summary>
    public static IPEndPoint RemoteEndPoint(SafeHandle socket)
    {
        var address = stackalloc byte[AddressBytes];
        uint length = AddressBytes;
        if (SocketCalls.GetPeerName(socket, address, &length) != 0) throw LinuxException.Last("getpeername", "tcp");
        return Decode(new ReadOnlySpan<byte>(address, AddressBytes));
    }

    private static int Encode(IPEndPoint endPoint, Span<byte> address)
    {
        address.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(address[2..], (ushort)endPoint.Port);
        if (endPoint.AddressFamily == AddressFamily.InterNetwork)
        {
            address[0] = Family4;
            endPoint.Address.TryWriteBytes(address[4..], out _);
            return 16;
        }
        address[0] = Family6;
        endPoint.Address.TryWriteBytes(address[8..], out _);
        BinaryPrimitives.WriteUInt32LittleEndian(address[24..], (uint)endPoint.Address.ScopeId);
        return AddressBytes;
    }

    private static IPEndPoint Decode(ReadOnlySpan<byte> address)
    {
        var port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        return address[0] == Family4
            ? new IPEndPoint(new IPAddress(address.Slice(4, 4)), port)
            : new IPEndPoint(new IPAddress(address.Slice(8, 16), BinaryPrimitives.ReadUInt32LittleEndian(address[24..])), port);
    }
}
