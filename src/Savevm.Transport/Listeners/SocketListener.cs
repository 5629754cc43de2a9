using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Sockets;
using Savevm.Transport.Channels;

namespace Savevm.Transport.Listeners;

/// <summary>A listening socket, unix or TCP.</summary>
public sealed class SocketListener : IChannelListener
{
    private readonly SafeFileHandle socket;
    private readonly string? path;

    private SocketListener(SafeFileHandle socket, string address, string? path)
    {
        this.socket = socket;
        this.path = path;
        Address = address;
    }

    /// <inheritdoc/>
    public string Address { get; }

    /// <summary>Listens on a unix path, which only our own user may connect to; <see cref="Dispose"/> removes it.</summary>
    /// <exception cref="IOException">The path is in use, too long, or cannot be made.</exception>
    public static SocketListener OnUnix(string path)
    {
        UnixSocket.CheckPath(path);
        return new SocketListener(UnixSocket.Listen(path), $"unix:{path}", path);
    }

    /// <summary>Listens on a host's first address that takes it; port 0 lets the kernel choose.</summary>
    /// <exception cref="IOException">The address is in use, or not ours.</exception>
    public static SocketListener OnTcp(string host, int port)
    {
        IOException? failure = null;
        foreach (var endPoint in TcpHost.Resolve(host, port, forListening: true, CancellationToken.None))
        {
            try
            {
                var socket = TcpSocket.Listen(endPoint);
                return new SocketListener(socket, $"tcp:{TcpSocket.LocalEndPoint(socket)}", null);
            }
            catch (IOException error)
            {
                failure ??= error;
            }
        }
        throw failure ?? new IOException($"tcp:{host}:{port}: the host has no address");
    }

    /// <inheritdoc/>
    public IByteChannel Accept(CancellationToken cancellationToken)
    {
        if (path is not null) return new SocketChannel(UnixSocket.Accept(socket, path, cancellationToken), Address);
        var accepted = TcpSocket.Accept(socket, Address, cancellationToken);
        return new SocketChannel(accepted, $"tcp:{TcpSocket.RemoteEndPoint(accepted)}");
    }

    /// <summary>Stops listening; connections that were accepted stay.</summary>
    public void Dispose()
    {
        if (socket.IsClosed) return;
        // First the name, so that nobody replaces it in between and loses it to us.
        if (path is not null) File.Delete(path);
        socket.Dispose();
    }
}
