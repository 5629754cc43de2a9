using System.Collections.Concurrent;
using System.Diagnostics;
using Savevm.Transport.Tls;

namespace Savevm.Transport.Tests.Tls;

/// <summary>Whoever comes in properly is given out; nobody else is waited for.</summary>
public sealed class TlsListenerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly ConcurrentQueue<string> refused = new();

    [Fact]
    public void Silent_and_hostile_clients_keep_nobody_waiting()
    {
        using var listener = Listen(TimeSpan.FromMinutes(1));
        using var limit = new CancellationTokenSource(Patience);
        var accepting = Task.Run(() => listener.Accept(limit.Token));
        using var silent = Call(listener);
        using var silentToo = Call(listener);
        using var hostile = Call(listener);
        hostile.Write("garbage, and enough of it"u8);
        using var client = TlsChannel.Open(Call(listener), TlsPair.Credentials.Client, TlsPair.ToLocalhost);
        using var accepted = accepting.GetAwaiter().GetResult();
        client.Write([4]);
        Assert.Equal(1, accepted.Read(new byte[9]));
        Assert.True(SpinWait.SpinUntil(() => !refused.IsEmpty, Patience));
        Assert.EndsWith("the peer does not speak TLS", Assert.Single(refused));
    }

    [Fact]
    public void Channels_of_one_migration_come_in_one_after_the_other()
    {
        using var listener = Listen(Patience);
        for (var i = 0; i < 3; i++)
        {
            var calling = Task.Run(() => TlsChannel.Open(Call(listener), TlsPair.Credentials.Client, TlsPair.ToLocalhost));
            using var accepted = listener.Accept(CancellationToken.None);
            using var client = calling.GetAwaiter().GetResult();
            accepted.Write([(byte)i]);
            var buffer = new byte[4];
            Assert.Equal(1, client.Read(buffer));
            Assert.Equal(i, buffer[0]);
        }
    }

    [Fact]
    public void Disposing_ends_what_is_under_way()
    {
        var listener = Listen(TimeSpan.FromMinutes(1));
        using var cancel = new CancellationTokenSource(50);
        Assert.ThrowsAny<OperationCanceledException>(() => listener.Accept(cancel.Token));
        using var silent = Call(listener);
        Thread.Sleep(50);
        var clock = Stopwatch.StartNew();
        listener.Dispose();
        listener.Dispose();
        Assert.InRange(clock.ElapsedMilliseconds, 0, 5000);
        Assert.Equal(0, silent.Read(new byte[1]));
    }

    [Fact]
    public void Credentials_of_a_client_listen_to_nobody() =>
        Assert.Throws<ArgumentException>(() => new TlsListener(ChannelAddress.Parse("-").Listen(), TlsPair.Credentials.Client));

    [Fact]
    public void When_no_more_connections_can_come_it_says_so()
    {
        // The standard input is no socket; it gives one channel at most.
        using var listener = new TlsListener(ChannelAddress.Parse("fd:999").Listen(), TlsPair.Credentials.Server);
        Assert.StartsWith("fd:999: ", Assert.Throws<IOException>(() => listener.Accept(CancellationToken.None)).Message);
    }

    private static IByteChannel Call(TlsListener listener) => ChannelAddress.Parse(listener.Address).Connect();

    private TlsListener Listen(TimeSpan timeout) => new(
        ChannelAddress.Parse("tcp:127.0.0.1:0").Listen(), TlsPair.Credentials.Server, new TlsOptions { HandshakeTimeout = timeout }, error => refused.Enqueue(error.Message));
}
