using System.Diagnostics;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Sockets;

namespace Savevm.Linux.Tests.Descriptors;

public sealed unsafe class DescriptorTests
{
    [Fact]
    public void Vectors_go_through_a_pipe_in_order()
    {
        var (read, write) = Descriptor.Pipe();
        using var _ = read;
        using var __ = write;
        var bytes = stackalloc byte[8] { 1, 2, 3, 4, 0, 0, 0, 0 };
        ReadOnlySpan<(nint, nint)> output = [((nint)bytes + 2, 2), ((nint)bytes, 2)];
        Assert.Equal(4, Descriptor.WriteVector(write, output, "pipe"));
        ReadOnlySpan<(nint, nint)> input = [((nint)bytes + 4, 1), ((nint)bytes + 5, 3)];
        Assert.Equal(4, Descriptor.ReadVector(read, input, "pipe"));
        Assert.Equal([3, 4, 1, 2], new ReadOnlySpan<byte>(bytes + 4, 4).ToArray());
    }

    [Fact]
    public void More_segments_than_the_kernel_takes_are_written_in_part()
    {
        var (read, write) = Descriptor.Pipe();
        using var _ = read;
        using var __ = write;
        byte one = 1;
        var segments = new (nint, nint)[Descriptor.MaximumSegments + 10];
        Array.Fill(segments, ((nint)(&one), 1));
        Assert.Equal(Descriptor.MaximumSegments, Descriptor.WriteVector<(nint, nint)>(write, segments, "pipe"));
    }

    [Fact]
    public void Segments_of_another_size_are_refused()
    {
        using var file = Descriptor.Open("/dev/null", FileAccess.Write);
        Assert.Throws<ArgumentException>(() => Descriptor.WriteVector<int>(file, [1], "file"));
    }

    [Fact]
    public void Non_blocking_ends_say_when_they_would_wait()
    {
        var (read, write) = Descriptor.Pipe(nonBlockingRead: true, nonBlockingWrite: true);
        using var _ = read;
        Assert.Equal(-1, Descriptor.Read(read, new byte[1], "pipe"));
        var written = 0;
        for (int count; (count = Descriptor.Write(write, new byte[4096], "pipe")) > 0;) written += count;
        Assert.InRange(written, 4096, 1 << 20);
        Assert.Equal(PollEvents.None, Descriptor.Wait(write, PollEvents.Writable, TimeSpan.Zero, "pipe"));
        write.Dispose();
        while (written > 0) written -= Descriptor.Read(read, new byte[65536], "pipe");
        Assert.Equal(0, Descriptor.Read(read, new byte[1], "pipe"));
    }

    [Fact]
    public void Errors_name_call_and_thing()
    {
        using var file = Descriptor.Open("/dev/null", FileAccess.Read);
        var error = Assert.Throws<LinuxException>(() => Descriptor.Write(file, [1], "the thing"));
        Assert.Equal((Errno.EBADF, "write", "the thing", Errno.EBADF), (error.ErrorNumber, error.Call, error.Name, error.HResult));
        Assert.StartsWith("the thing: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wakeup_ends_a_wait_until_it_is_reset()
    {
        var (read, write) = Descriptor.Pipe();
        using var _ = read;
        using var __ = write;
        using var wakeup = new Wakeup();
        var waiting = Task.Run(() => Descriptor.Wait(read, PollEvents.Readable, wakeup, Timeout.InfiniteTimeSpan, "pipe"));
        Thread.Sleep(30);
        Assert.False(waiting.IsCompleted);
        wakeup.Signal();
        Assert.True(waiting.Wait(TimeSpan.FromSeconds(20)));
        Assert.Equal(PollEvents.Invalid, waiting.Result);
        Assert.Equal(PollEvents.Invalid, Descriptor.Wait(read, PollEvents.Readable, wakeup, TimeSpan.Zero, "pipe"));
        wakeup.Reset();
        wakeup.Reset();
        Assert.Equal(PollEvents.None, Descriptor.Wait(read, PollEvents.Readable, wakeup, TimeSpan.Zero, "pipe"));
        wakeup.Dispose();
        wakeup.Signal();
    }

    [Fact]
    public void Wait_keeps_its_time()
    {
        var (read, write) = Descriptor.Pipe();
        using var _ = read;
        using var __ = write;
        var clock = Stopwatch.StartNew();
        Assert.Equal(PollEvents.None, Descriptor.Wait(read, PollEvents.Readable, TimeSpan.FromMilliseconds(60), "pipe"));
        Assert.InRange(clock.ElapsedMilliseconds, 55, 10_000);
    }

    [Fact]
    public void Kinds_are_told_apart()
    {
        var (read, write) = Descriptor.Pipe();
        var (first, second) = UnixSocket.Pair();
        using var file = Descriptor.Open("/etc/passwd", FileAccess.Read);
        using var device = Descriptor.Open("/dev/null", FileAccess.ReadWrite);
        using var wakeup = new Wakeup();
        Assert.Equal(FileKind.Pipe, FileKinds.KindOf(read, ""));
        Assert.Equal(FileKind.Socket, FileKinds.KindOf(first, ""));
        Assert.Equal(FileKind.Regular, FileKinds.KindOf(file, ""));
        Assert.Equal(FileKind.CharacterDevice, FileKinds.KindOf(device, ""));
        Assert.Equal(FileKind.Anonymous, FileKinds.KindOf(wakeup.Handle, ""));
        Assert.Equal(FileKind.Directory, FileKinds.KindOf("/etc"));
        Assert.Equal(FileKind.SymbolicLink, FileKinds.KindOf("/proc/self/exe"));
        Assert.Equal(FileAccess.Read, Descriptor.AccessOf(read, ""));
        Assert.Equal(FileAccess.Write, Descriptor.AccessOf(write, ""));
        Assert.Equal(FileAccess.ReadWrite, Descriptor.AccessOf(device, ""));
        foreach (var handle in new[] { read, write, first, second }) handle.Dispose();
    }

    [Fact]
    public void Position_of_a_file_is_where_the_next_read_happens()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "0123456789");
            using var file = Descriptor.Open(path, FileAccess.Read);
            FilePosition.Set(file, 7, path);
            var bytes = new byte[10];
            Assert.Equal(3, Descriptor.Read(file, bytes, path));
            Assert.Equal("789"u8.ToArray(), bytes[..3]);
            Assert.Throws<LinuxException>(() => FilePosition.Set(file, -1, path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Calls_allocate_nothing()
    {
        var (read, write) = Descriptor.Pipe();
        using var _ = read;
        using var __ = write;
        using var wakeup = new Wakeup();
        Span<byte> bytes = stackalloc byte[100];
        long allocated = 0;
        for (var i = 0; i < 200; i++)
        {
            if (i == 100) allocated = GC.GetAllocatedBytesForCurrentThread();
            Descriptor.Write(write, bytes, "pipe");
            Descriptor.Wait(read, PollEvents.Readable, wakeup, Timeout.InfiniteTimeSpan, "pipe");
            Descriptor.Read(read, bytes, "pipe");
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - allocated);
    }
}
