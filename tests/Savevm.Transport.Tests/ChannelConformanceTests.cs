using System.Diagnostics;
using System.Runtime.InteropServices;
using CsCheck;

namespace Savevm.Transport.Tests;

/// <summary>What every channel promises, whatever it is made of.</summary>
public sealed unsafe class ChannelConformanceTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly string folder = Directory.CreateTempSubdirectory("savevm-channel-").FullName;

    public static TheoryData<string> Kinds => ConnectionKind.All;

    public void Dispose() => Directory.Delete(folder, true);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Bytes_arrive_unchanged_whatever_the_sizes_of_writes_and_reads(string kind)
    {
        using var connection = ConnectionKind.Open(kind, folder);
        var sizes = Gen.OneOf(Gen.Int[1, 10], Gen.Int[4090, 4100], Gen.Int[1, 300_000]).Array[20];
        Gen.Select(sizes, Gen.Int[1, 200_000], Gen.Int).Sample((writes, read, seed) =>
        {
            var sent = RandomBytes(seed, writes.Sum());
            var writing = Task.Run(() =>
            {
                var offset = 0;
                foreach (var size in writes)
                {
                    connection.Writer.Write(sent.AsSpan(offset, size));
                    offset += size;
                }
            });
            var received = ReadExactly(connection.Reader, sent.Length, read);
            Finish(writing);
            return sent.AsSpan().SequenceEqual(received);
        }, iter: 15, threads: 1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Big_gather_writes_arrive_in_order_also_when_cut(string kind)
    {
        using var connection = ConnectionKind.Open(kind, folder);
        var random = new Random(7);
        var sent = RandomBytes(8, 9_000_000);
        // More segments than one call takes, some of length 0, some larger than any buffer.
        var segments = new List<MemorySegment>();
        fixed (byte* first = sent)
        {
            nint offset = 0;
            for (var i = 0; i < 5000; i++)
            {
                nint length = (i % 7) switch { 0 => 0, 1 => 1, 2 => 4096, _ => random.Next(1500) };
                segments.Add(new MemorySegment((nint)first + offset, length));
                offset += length;
            }
            segments.Add(new MemorySegment((nint)first + offset, sent.Length - offset));
            segments.Add(new MemorySegment(0, 0));
            var all = segments.ToArray();
            var writing = Task.Run(() => connection.Writer.Write(all));
            var received = ReadExactly(connection.Reader, sent.Length, 70_000);
            Finish(writing);
            Assert.True(sent.AsSpan().SequenceEqual(received));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Nothing_to_write_writes_nothing(string kind)
    {
        using var connection = ConnectionKind.Open(kind, folder);
        connection.Writer.Write(ReadOnlySpan<byte>.Empty);
        connection.Writer.Write(ReadOnlySpan<MemorySegment>.Empty);
        connection.Writer.Write([new MemorySegment(0, 0)]);
        connection.Writer.Write([9]);
        Assert.Equal([9], ReadExactly(connection.Reader, 1, 10));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Reader_sees_the_end_after_the_last_byte(string kind)
    {
        using var connection = ConnectionKind.Open(kind, folder);
        connection.Writer.Write([1, 2, 3]);
        connection.Writer.CloseWrite();
        Assert.Equal([1, 2, 3], ReadExactly(connection.Reader, 3, 10));
        AssertEnded(connection.Reader);
        AssertEnded(connection.Reader);
        Assert.Throws<IOException>(() => connection.Writer.Write([4]));
        connection.Writer.CloseWrite();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Disposing_ends_the_stream_after_the_last_byte(string kind)
    {
        using var connection = ConnectionKind.Open(kind, folder);
        connection.Writer.Write(new byte[1000]);
        connection.Writer.Dispose();
        connection.Writer.Dispose();
        Assert.Equal(1000, ReadExactly(connection.Reader, 1000, 1000).Length);
        AssertEnded(connection.Reader);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Half_closed_socket_still_takes_the_answer(string kind)
    {
        using var connection = ConnectionKind.Open(kind, folder);
        if (!connection.Writer.IsBidirectional) return;
        connection.Writer.CloseWrite();
        AssertEnded(connection.Reader);
        connection.Reader.Write([5, 6]);
        Assert.Equal([5, 6], ReadExactly(connection.Writer, 2, 2));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Both_directions_work_at_once(string kind)
    {
        using var connection = ConnectionKind.Open(kind, folder);
        if (!connection.Writer.IsBidirectional) return;
        var there = RandomBytes(1, 5_000_000);
        var back = RandomBytes(2, 5_000_000);
        var writing = Task.Run(() => connection.Writer.Write(there));
        var answering = Task.Run(() => connection.Reader.Write(back));
        var readingBack = Task.Run(() => ReadExactly(connection.Writer, back.Length, 100_000));
        Assert.True(there.AsSpan().SequenceEqual(ReadExactly(connection.Reader, there.Length, 100_000)));
        Finish(writing);
        Finish(answering);
        Finish(readingBack);
        Assert.True(back.AsSpan().SequenceEqual(readingBack.Result));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Abort_ends_a_blocked_read(string kind)
    {
        using var connection = ConnectionKind.Open(kind, folder);
        var reading = Task.Run(() => connection.Reader.Read(new byte[10]));
        AssertBlocked(reading);
        connection.Reader.Abort();
        AssertEndsWithIOException(reading);
        Assert.ThrowsAny<IOException>(() => connection.Reader.Read(new byte[10]));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Abort_ends_a_write_that_nobody_takes(string kind)
    {
        using var connection = ConnectionKind.Open(kind, folder);
        var writing = Task.Run(() =>
        {
            while (true) connection.Writer.Write(new byte[1_000_000]);
        });
        AssertBlocked(writing, TimeSpan.FromMilliseconds(200));
        connection.Writer.Abort();
        AssertEndsWithIOException(writing);
        Assert.ThrowsAny<IOException>(() => connection.Writer.Write([1]));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Abort_ends_a_wait_for_bytes(string kind)
    {
        using var connection = ConnectionKind.Open(kind, folder);
        var waiting = Task.Run(() => connection.Reader.WaitReadable(Timeout.InfiniteTimeSpan));
        AssertBlocked(waiting);
        connection.Reader.Abort();
        AssertEndsWithIOException(waiting);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Waiting_for_bytes_tells_whether_there_are_any(string kind)
    {
        using var connection = ConnectionKind.Open(kind, folder);
        Assert.False(connection.Reader.WaitReadable(TimeSpan.Zero));
        var clock = Stopwatch.StartNew();
        Assert.False(connection.Reader.WaitReadable(TimeSpan.FromMilliseconds(50)));
        Assert.InRange(clock.ElapsedMilliseconds, 45, 5000);
        connection.Writer.Write([1]);
        Assert.True(connection.Reader.WaitReadable(Patience));
        Assert.True(connection.Reader.WaitReadable(TimeSpan.Zero));
        connection.Reader.Read(new byte[1]);
        Assert.False(connection.Reader.WaitReadable(TimeSpan.Zero));
        connection.Writer.CloseWrite();
        Assert.True(connection.Reader.WaitReadable(Patience));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Writing_to_a_reader_that_is_gone_is_an_IOException(string kind)
    {
        using var connection = ConnectionKind.Open(kind, folder);
        connection.Reader.Dispose();
        Assert.ThrowsAny<IOException>(() =>
        {
            for (var i = 0; i < 1000; i++) connection.Writer.Write(new byte[100_000]);
        });
        connection.Writer.Abort();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Abort_is_harmless_twice_and_after_disposing(string kind)
    {
        using var connection = ConnectionKind.Open(kind, folder);
        connection.Reader.Abort();
        connection.Reader.Abort();
        connection.Reader.Dispose();
        connection.Reader.Abort();
        connection.Writer.Abort();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Reading_and_writing_allocate_nothing(string kind)
    {
        using var connection = ConnectionKind.Open(kind, folder);
        var buffer = (byte*)NativeMemory.AllocZeroed(8192);
        try
        {
            Span<MemorySegment> segments = [new MemorySegment((nint)buffer, 4000), new MemorySegment((nint)buffer + 4096, 96)];
            long allocated = 0;
            for (var i = 0; i < 200; i++)
            {
                if (i == 100) allocated = GC.GetAllocatedBytesForCurrentThread();
                connection.Writer.Write(segments);
                for (var got = 0; got < 4096;) got += connection.Reader.Read(new Span<byte>(buffer, 4096 - got));
            }
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - allocated);
        }
        finally
        {
            NativeMemory.Free(buffer);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_empty_buffer_is_refused(string kind)
    {
        using var connection = ConnectionKind.Open(kind, folder);
        Assert.Throws<ArgumentException>(() => connection.Reader.Read([]));
    }

    private static byte[] RandomBytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static byte[] ReadExactly(IByteChannel channel, int length, int atOnce)
    {
        var bytes = new byte[length];
        for (var done = 0; done < length;)
        {
            Assert.True(channel.WaitReadable(Patience), $"{done} of {length} bytes came");
            var count = channel.Read(bytes.AsSpan(done, Math.Min(atOnce, length - done)));
            Assert.InRange(count, 1, length - done);
            done += count;
        }
        return bytes;
    }

    private static void AssertEnded(IByteChannel channel)
    {
        Assert.True(channel.WaitReadable(Patience), "the end did not come");
        Assert.Equal(0, channel.Read(new byte[10]));
    }

    private static void Finish(Task task) => Assert.True(task.Wait(Patience), "the other side did not end");

    private static void AssertBlocked(Task task, TimeSpan? time = null)
    {
        Thread.Sleep(time ?? TimeSpan.FromMilliseconds(50));
        Assert.False(task.IsCompleted, task.Exception?.ToString() ?? "it did not block");
    }

    private static void AssertEndsWithIOException(Task task)
    {
        var error = Assert.Throws<AggregateException>(() => task.Wait(Patience));
        Assert.IsAssignableFrom<IOException>(error.InnerException);
    }
}
