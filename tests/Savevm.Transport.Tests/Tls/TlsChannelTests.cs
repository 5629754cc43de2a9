using System.Buffers.Binary;
using System.Diagnostics;
using Savevm.Transport.Tls;

namespace Savevm.Transport.Tests.Tls;

/// <summary>What a session adds to what every channel promises; the rest is in the conformance suite.</summary>
public sealed unsafe class TlsChannelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public void A_connection_that_is_cut_is_no_end_of_the_stream()
    {
        var (first, second) = ChannelPair.Create();
        var (client, server) = TlsPair.Over(first, second);
        using var reader = server;
        client.Write([1, 2, 3]);
        first.CloseWrite();
        var buffer = new byte[10];
        Assert.Equal(3, server.Read(buffer));
        Assert.Equal("pair.1: the connection ended and the TLS session had not: it may have been cut", Assert.Throws<TlsException>(() => server.Read(buffer)).Message);
        Assert.Throws<TlsException>(() => server.WaitReadable(Patience));
        client.Dispose();
    }

    [Fact]
    public void Whoever_knows_the_end_himself_may_take_a_cut_for_it()
    {
        var (first, second) = ChannelPair.Create();
        var (client, server) = TlsPair.Over(first, second, new TlsOptions { AcceptsUnmarkedEnd = true });
        using var reader = server;
        client.Write([1]);
        first.CloseWrite();
        Assert.Equal(1, server.Read(new byte[10]));
        Assert.True(server.WaitReadable(Patience));
        Assert.Equal(0, server.Read(new byte[10]));
        client.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_record_that_is_cut_is_never_an_end(bool acceptsUnmarkedEnd)
    {
        var (first, second) = ChannelPair.Create();
        var cut = new CuttingChannel(first);
        var (client, server) = TlsPair.Over(cut, second, new TlsOptions { AcceptsUnmarkedEnd = acceptsUnmarkedEnd });
        using var reader = server;
        cut.BytesLeft = 100;
        client.Write(new byte[1000]);
        first.CloseWrite();
        Assert.Throws<TlsException>(() => server.Read(new byte[10]));
        client.Dispose();
    }

    [Fact]
    public void A_changed_byte_is_noticed()
    {
        var (first, second) = ChannelPair.Create();
        var cut = new CuttingChannel(first);
        var (client, server) = TlsPair.Over(cut, second);
        using var reader = server;
        cut.FlipsAt = 50;
        client.Write(new byte[1000]);
        var refusal = Assert.Throws<TlsException>(() => server.Read(new byte[10]));
        Assert.Contains("bad record mac", refusal.Message, StringComparison.Ordinal);
        client.Dispose();
    }

    [Fact]
    public void Half_a_record_is_nothing_to_read_and_waiting_for_it_has_an_end()
    {
        var (first, second) = ChannelPair.Create();
        var slow = new CuttingChannel(first);
        var (client, server) = TlsPair.Over(slow, second);
        using var writer = client;
        using var reader = server;
        slow.Keeps = true;
        client.Write([7, 8]);
        slow.Pass(10);
        var clock = Stopwatch.StartNew();
        Assert.False(server.WaitReadable(TimeSpan.Zero));
        Assert.False(server.WaitReadable(TimeSpan.FromMilliseconds(60)));
        Assert.InRange(clock.ElapsedMilliseconds, 55, 5000);
        slow.Pass(int.MaxValue);
        Assert.True(server.WaitReadable(Patience));
        // What was decrypted while we waited is there, byte for byte.
        Assert.Equal(1, server.Read(new byte[1]));
        Assert.True(server.WaitReadable(TimeSpan.Zero));
        var last = new byte[9];
        Assert.Equal(1, server.Read(last));
        Assert.Equal(8, last[0]);
        Assert.False(server.WaitReadable(TimeSpan.Zero));
    }

    [Fact]
    public void A_read_takes_up_a_wait_that_was_given_up()
    {
        var (first, second) = ChannelPair.Create();
        var (client, server) = TlsPair.Over(first, second);
        using var writer = client;
        using var reader = server;
        Assert.False(server.WaitReadable(TimeSpan.Zero));
        var reading = Task.Run(() =>
        {
            var buffer = new byte[100];
            return (server.Read(buffer), buffer[0]);
        });
        Thread.Sleep(30);
        Assert.False(reading.IsCompleted);
        client.Write([9, 9]);
        Assert.True(reading.Wait(Patience));
        Assert.Equal((2, (byte)9), reading.Result);
    }

    [Fact]
    public void Abort_ends_a_read_that_took_up_a_wait()
    {
        var (first, second) = ChannelPair.Create();
        var (client, server) = TlsPair.Over(first, second);
        using var writer = client;
        Assert.False(server.WaitReadable(TimeSpan.Zero));
        var reading = Task.Run(() => server.Read(new byte[100]));
        Thread.Sleep(30);
        server.Abort();
        Assert.IsAssignableFrom<IOException>(Assert.Throws<AggregateException>(() => reading.Wait(Patience)).InnerException);
        server.Dispose();
    }

    [Fact]
    public void Many_small_segments_become_few_large_records()
    {
        var (first, second) = ChannelPair.Create();
        var seen = new CuttingChannel(first);
        var (client, server) = TlsPair.Over(seen, second);
        using var writer = client;
        using var reader = server;
        seen.Records.Clear();
        var page = new byte[4104];
        fixed (byte* bytes = page)
        {
            // As 50 pages go: the head of eight bytes, then the page.
            var segments = new MemorySegment[100];
            for (var at = 0; at < 100; at += 2) (segments[at], segments[at + 1]) = (new MemorySegment((nint)bytes, 8), new MemorySegment((nint)bytes + 8, 4096));
            var writing = Task.Run(() => client.Write(segments));
            var buffer = new byte[1 << 16];
            for (var got = 0; got < 50 * 4104;) got += server.Read(buffer);
            writing.Wait();
        }
        Assert.Equal((50 * 4104 / 16384) + 1, seen.Records.Count);
        Assert.All(seen.Records.SkipLast(1), length => Assert.InRange(length, 16384, 16384 + 256));
    }

    [Fact]
    public void Disposing_does_not_wait_for_a_peer_that_takes_nothing()
    {
        var (first, second) = ChannelPair.Create();
        var (client, server) = TlsPair.Over(first, second);
        Linux.Descriptors.Descriptor.SetNonBlocking(first.Socket, true, "pair");
        // Fills the socket behind the session's back.
        while (Linux.Descriptors.Descriptor.Write(first.Socket, new byte[1], "pair") > 0) { }
        var disposing = Task.Run(client.Dispose);
        Assert.True(disposing.Wait(Patience), "it waits");
        server.Abort();
        server.Dispose();
    }

    [Fact]
    public void Nothing_that_was_written_goes_over_the_connection_in_the_clear()
    {
        var (first, second) = ChannelPair.Create();
        var seen = new CuttingChannel(first);
        var (client, server) = TlsPair.Over(seen, second);
        using var writer = client;
        using var reader = server;
        var secret = "a page of the guest"u8;
        client.Write(secret);
        Assert.Equal(secret.Length, server.Read(new byte[100]));
        Assert.True(seen.Sent.Count > secret.Length);
        Assert.Equal(-1, seen.Sent.ToArray().AsSpan().IndexOf(secret));
    }

    /// <summary>A connection that cuts, changes or keeps back what is sent, and looks at the records.</summary>
    private sealed class CuttingChannel(IByteChannel inner) : IByteChannel
    {
        private readonly Queue<byte> kept = new();

        public long BytesLeft { get; set; } = long.MaxValue;

        public int FlipsAt { get; set; } = -1;

        public bool Keeps { get; set; }

        public List<int> Records { get; } = [];

        public List<byte> Sent { get; } = [];

        public string Name => inner.Name;

        public bool IsBidirectional => true;

        public int Read(Span<byte> buffer) => inner.Read(buffer);

        public void Write(ReadOnlySpan<byte> bytes)
        {
            Sent.AddRange(bytes);
            for (var rest = bytes; rest.Length >= 5;)
            {
                var length = BinaryPrimitives.ReadUInt16BigEndian(rest[3..]);
                Records.Add(length);
                rest = rest[Math.Min(rest.Length, 5 + length)..];
            }
            var passed = bytes[..(int)Math.Min(bytes.Length, BytesLeft)].ToArray();
            if (BytesLeft != long.MaxValue) BytesLeft -= passed.Length;
            if (FlipsAt >= 0 && FlipsAt < passed.Length) passed[FlipsAt] ^= 1;
            if (Keeps) foreach (var value in passed) kept.Enqueue(value);
            else inner.Write(passed);
        }

        public void Write(ReadOnlySpan<MemorySegment> segments) => throw new NotSupportedException();

        /// <summary>Lets some of what was kept back go on.</summary>
        public void Pass(int count)
        {
            List<byte> passed = [];
            while (passed.Count < count && kept.TryDequeue(out var value)) passed.Add(value);
            inner.Write(passed.ToArray());
            if (kept.Count == 0) Keeps = false;
        }

        public bool WaitReadable(TimeSpan timeout) => inner.WaitReadable(timeout);

        public void CloseWrite() => inner.CloseWrite();

        public void Abort() => inner.Abort();

        public void Dispose() => inner.Dispose();
    }
}
