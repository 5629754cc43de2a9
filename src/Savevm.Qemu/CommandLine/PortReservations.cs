using System.Net;
using System.Net.Sockets;

namespace Savevm.Qemu.CommandLine;

/// <summary>
/// Ports of this host that were free and stay so until QEMU has taken them: many guests that are started at once, here or by another
/// savevm, never get the same. Any thread may call.
/// </summary>
/// <remarks>
/// A TCP port is held by a socket that is bound and does not listen. The kernel gives no such port to anybody who asks for a free one; but
/// QEMU, which names it and allows its addresses to be used again (<c>SO_REUSEADDR</c>), gets it. For UDP, QEMU does not allow that before
/// it has the port: there it is only seen to that no two guests of this process get the same.
/// </remarks>
public sealed class PortReservations : IDisposable
{
    private static readonly Lock s_gate = new();
    private static readonly HashSet<int> s_givenOfUdp = [];

    private readonly Lock _gate = new();
    private readonly List<Socket> _held = [];

    /// <summary>A port that is nobody's.</summary>
    /// <param name="isUdp">Of UDP, else of TCP.</param>
    /// <param name="host">The address that it is for; one that is empty or no address of this host stands for all addresses.</param>
    public int Take(bool isUdp, string host)
    {
        var address = IPAddress.TryParse(host, out var given) ? given : IPAddress.Any;
        try
        {
            return isUdp ? Give(address) : Hold(address);
        }
        catch (SocketException) when (!address.Equals(IPAddress.Any))
        {
            return isUdp ? Give(IPAddress.Any) : Hold(IPAddress.Any);
        }
    }

    /// <summary>Lets go of the ports: QEMU has them.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var socket in _held)
            {
                socket.Dispose();
            }

            _held.Clear();
        }
    }

    private static int Give(IPAddress address)
    {
        // A port that was given and is not taken yet is free for the kernel: others are asked for until one is new.
        var asked = new List<Socket>();
        try
        {
            while (true)
            {
                var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                asked.Add(socket);
                socket.Bind(new IPEndPoint(address, 0));
                int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
                lock (s_gate)
                {
                    if (s_givenOfUdp.Add(port))
                    {
                        return port;
                    }
                }
            }
        }
        finally
        {
            foreach (var socket in asked)
            {
                socket.Dispose();
            }
        }
    }

    private int Hold(IPAddress address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, 0));
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            lock (_gate)
            {
                _held.Add(socket);
            }

            return ((IPEndPoint)socket.LocalEndPoint!).Port;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
