using System.Net;
using System.Net.Sockets;

namespace Savevm.Transport.Listeners;

/// <summary>Names and numbers of hosts.</summary>
internal static class TcpHost
{
    /// <summary>Every address of a host. No host: all of ours for a listener, the loopback for a caller.</summary>
    /// <exception cref="IOException">There is no such host.</exception>
    internal static IEnumerable<IPEndPoint> Resolve(string host, int port, bool forListening, CancellationToken cancellationToken)
    {
        if (host.Length == 0) return [new IPEndPoint(forListening ? IPAddress.Any : IPAddress.Loopback, port)];
        if (IPAddress.TryParse(host, out var address)) return [new IPEndPoint(address, port)];
        try
        {
            var addresses = Dns.GetHostAddressesAsync(host, cancellationToken).GetAwaiter().GetResult();
            return addresses.Select(found => new IPEndPoint(found, port));
        }
        catch (SocketException error)
        {
            throw new IOException($"tcp:{host}:{port}: {error.Message}", error);
        }
    }
}
