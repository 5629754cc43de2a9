using Savevm.Machine;
using Savevm.Migration.Incoming;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Multifd;

namespace Savevm.Migration.Tests.Incoming;

/// <summary>Connections come to one address in any order, and are told apart by what they begin with.</summary>
public sealed class ChannelReceptionTests : IDisposable
{
    private static readonly byte[] Main = new SourceScript().Opening().Bytes;

    private readonly string path = Path.Combine(Path.GetTempPath(), $"savevm-{Guid.NewGuid():n}");
    private readonly IChannelListener listener;
    private readonly List<IByteChannel> sources = [];

    public ChannelReceptionTests() => listener = ChannelAddress.Unix(path).Listen();

    public void Dispose()
    {
        foreach (var source in sources) source.Dispose();
        listener.Dispose();
    }

    [Theory]
    [InlineData("m01p")]
    [InlineData("p10m")]
    [InlineData("1m0p")]
    public async Task Whatever_comes_first(string order)
    {
        var accept = AcceptAsync(new ExpectedChannels { Multifd = 2, Preempt = true });
        foreach (var letter in order) Connect(letter switch { 'm' => Main, 'p' => [], var digit => Initial((byte)(digit - '0')) }, pieces: letter == 'm');
        using var channels = await accept;
        // What was looked at is still there for who reads it.
        var read = new byte[Main.Length];
        for (var got = 0; got < read.Length;) got += channels.Main.Read(read.AsSpan(got, Math.Min(3, read.Length - got)));
        Assert.Equal(Main, read);
        var ids = new List<byte>();
        foreach (var channel in channels.Multifd)
        {
            var packet = new byte[MultifdInitialPacket.PacketBytes];
            for (var got = 0; got < packet.Length;) got += channel.Read(packet.AsSpan(got));
            ids.Add(packet[24]);
        }
        Assert.Equal<byte>([0, 1], ids.Order());
        // The one that said nothing.
        Assert.False(channels.Preempt!.WaitReadable(TimeSpan.Zero));
    }

    [Fact]
    public async Task What_is_not_expected_is_refused()
    {
        await AssertRefusedAsync("that was not expected (0 were)", new ExpectedChannels(), Initial(0));
        await AssertRefusedAsync("a second main channel", new ExpectedChannels { Multifd = 1 }, Main, Main);
        await AssertRefusedAsync("nothing that a QEMU sends first", new ExpectedChannels(), "GET / HTTP/1.1\r\n"u8.ToArray());
        await AssertRefusedAsync("go on with a postcopy", new ExpectedChannels(), Convert.FromHexString("0800090000"));
    }

    [Fact]
    public async Task Who_does_not_come_in_time_is_missed()
    {
        var accept = AcceptAsync(new ExpectedChannels { Multifd = 2, Patience = TimeSpan.FromMilliseconds(100) });
        Connect(Main);
        var missed = await Assert.ThrowsAsync<PeerLostException>(() => accept);
        Assert.Contains("1 of 3 connections", missed.Message, StringComparison.Ordinal);
        // And one that comes but says too little.
        accept = AcceptAsync(new ExpectedChannels { Patience = TimeSpan.FromMilliseconds(100) });
        Connect(Main[..3]);
        await Assert.ThrowsAsync<PeerLostException>(() => accept);
    }

    [Fact]
    public async Task Who_ends_before_it_said_what_it_is_is_lost_and_a_wait_can_be_cancelled()
    {
        var accept = AcceptAsync(new ExpectedChannels());
        Connect(Main[..3]).CloseWrite();
        await Assert.ThrowsAsync<PeerLostException>(() => accept);
        using var cancellation = new CancellationTokenSource(50);
        accept = Task.Run(() => ChannelReception.Accept(listener, new ExpectedChannels(), cancellation.Token), CancellationToken.None);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accept);
    }

    private static byte[] Initial(byte id)
    {
        var writer = new WireWriter();
        new MultifdInitialPacket(Guid.Empty, id).Write(writer);
        return writer.WrittenSpan.ToArray();
    }

    private async Task AssertRefusedAsync(string words, ExpectedChannels expected, params byte[][] connections)
    {
        var accept = AcceptAsync(expected);
        foreach (var bytes in connections) Connect(bytes);
        var refused = await Assert.ThrowsAsync<MachineRefusedException>(() => accept);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    private Task<ChannelSet> AcceptAsync(ExpectedChannels expected) =>
        Task.Run(() => ChannelReception.Accept(listener, expected, TestContext.Current.CancellationToken));

    private IByteChannel Connect(byte[] bytes, bool pieces = false)
    {
        var channel = ChannelAddress.Unix(path).Connect(TestContext.Current.CancellationToken);
        sources.Add(channel);
        if (pieces)
            foreach (var each in bytes) channel.Write([each]);
        else if (bytes.Length > 0) channel.Write(bytes);
        return channel;
    }
}
