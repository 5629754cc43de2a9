using Savevm.Linux.Sockets;
using Savevm.Transport.Channels;

namespace Savevm.Transport;

/// <summary>Two channels that are each other's peer, within this process or to hand one of them to another.</summary>
public static class ChannelPair
{
    /// <summary>Makes a pair of sockets; the caller disposes both.</summary>
    /// <param name="name">For messages; the ends are called by it and <c>.0</c> or <c>.1</c>.</param>
    public static (SocketChannel First, SocketChannel Second) Create(string name = "pair")
    {
        var (first, second) = UnixSocket.Pair();
        return (new SocketChannel(first, name + ".0"), new SocketChannel(second, name + ".1"));
    }
}
