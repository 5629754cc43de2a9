using System.Net;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Sockets;

namespace Savevm.Linux.Tests.Sockets;

public sealed class TcpSocketTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void Bytes_travel_and_both_sides_know_the_addresses(string host)
    {
        using var listener = TcpSocket.Listen(new IPEndPoint(IPAddress.Parse(host), 0));
        var address = TcpSocket.LocalEndPoint(listener);
        Assert.Equal(host, address.Address.ToString());
        using var caller = TcpSocket.Connect(address, TestContext.Current.CancellationToken);
        using var server = TcpSocket.Accept(listener, "tcp", TestContext.Current.CancellationToken);
        Assert.Equal(address, TcpSocket.RemoteEndPoint(caller));
        Assert.Equal(TcpSocket.LocalEndPoint(caller), TcpSocket.RemoteEndPoint(server));
        Descriptor.Write(caller, [1, 2], "tcp");
        var buffer = new byte[10];
        Assert.Equal(2, Descriptor.Read(server, buffer, "tcp"));
        StreamSocket.Shutdown(server, ShutdownDirection.Both, "tcp");
        Assert.Equal(0, Descriptor.Read(caller, buffer, "tcp"));
    }

    [Fact]
    public void Nobody_listening_is_refused()
    {
        IPEndPoint address;
        using (var listener = TcpSocket.Listen(new IPEndPoint(IPAddress.Loopback, 0))) address = TcpSocket.LocalEndPoint(listener);
        Assert.Equal(Errno.ECONNREFUSED, Assert.Throws<LinuxException>(() => TcpSocket.Connect(address)).ErrorNumber);
    }

    [Fact]
    public void Busy_port_is_refused_and_a_port_left_behind_is_not()
    {
        var listener = TcpSocket.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        var address = TcpSocket.LocalEndPoint(listener);
        Assert.Equal(Errno.EADDRINUSE, Assert.Throws<LinuxException>(() => TcpSocket.Listen(address)).ErrorNumber);
        using (var caller = TcpSocket.Connect(address, TestContext.Current.CancellationToken)) TcpSocket.Accept(listener, "tcp").Dispose();
        listener.Dispose();
        TcpSocket.Listen(address).Dispose();
    }

    [Fact]
    public void Buffer_sizes_can_be_asked_for()
    {
        var (first, second) = UnixSocket.Pair();
        using var _ = first;
        using var __ = second;
        var before = StreamSocket.GetBufferSizes(first, "pair");
        StreamSocket.SetBufferSizes(first, 16384, 0, "pair");
        Assert.Equal((32768, before.Receive), StreamSocket.GetBufferSizes(first, "pair"));
    }
}
