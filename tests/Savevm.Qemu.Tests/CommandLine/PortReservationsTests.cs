using System.Net;
using System.Net.Sockets;
using Savevm.Qemu.CommandLine;

namespace Savevm.Qemu.Tests.CommandLine;

public sealed class PortReservationsTests
{
    private const int Guests = 40, PortsEach = 10;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Many_guests_that_choose_at_once_never_get_the_same_port(bool isUdp)
    {
        var reservations = Enumerable.Range(0, Guests).Select(_ => new PortReservations()).ToArray();
        try
        {
            int[][] ports = new int[Guests][];
            Parallel.For(0, Guests, guest => ports[guest] = [.. Enumerable.Range(0, PortsEach).Select(_ => reservations[guest].Take(isUdp, ""))]);
            Assert.Equal(Guests * PortsEach, ports.SelectMany(port => port).Distinct().Count());
        }
        finally
        {
            Array.ForEach(reservations, reservation => reservation.Dispose());
        }
    }

    [Fact]
    public void A_port_that_is_held_is_for_whoever_names_it_as_QEMU_does()
    {
        using var reservations = new PortReservations();
        var end = new IPEndPoint(IPAddress.Loopback, reservations.Take(isUdp: false, "127.0.0.1"));
        using var qemu = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        qemu.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        qemu.Bind(end);
        qemu.Listen();
        reservations.Dispose();
        using var visitor = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        visitor.Connect(end);
        Assert.True(visitor.Connected);
    }

    [Fact]
    public void An_address_that_is_not_this_hosts_stands_for_all()
    {
        using var reservations = new PortReservations();
        Assert.InRange(reservations.Take(isUdp: false, "192.0.2.1"), 1024, 65535);
        Assert.InRange(reservations.Take(isUdp: true, "no address"), 1024, 65535);
    }
}
