using System.Text;
using Savevm.Linux;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Sockets;
using Savevm.Transport.Channels;

namespace Savevm.Transport.Tests;

public sealed class ChannelAddressTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("savevm-address-").FullName;

    public void Dispose() => Directory.Delete(folder, true);

    [Theory]
    [InlineData("unix:/run/a b:c,d", "unix", "/run/a b:c,d", 0)]
    [InlineData("tcp:host:4444", "tcp", "host", 4444)]
    [InlineData("tcp::0", "tcp", "", 0)]
    [InlineData("tcp:[::1]:65535", "tcp", "::1", 65535)]
    [InlineData("fd:17", "fd", "", 17)]
    [InlineData("exec:cat > x:y", "exec", "cat > x:y", 0)]
    [InlineData("file:/a,offset=12", "file", "/a", 12)]
    [InlineData("file:/a,offset=0x100000", "file", "/a", 0x100000)]
    [InlineData("file:/a,offset=1,offset=2", "file", "/a,offset=1", 2)]
    [InlineData("file:a:b", "file", "a:b", 0)]
    [InlineData("-", "-", "", 0)]
    public void Addresses_are_taken_apart(string text, string scheme, string target, long number)
    {
        var address = ChannelAddress.Parse(text);
        Assert.Equal((scheme, target, number, text), (address.Scheme, address.Target, address.Number, address.ToString()));
        Assert.Equal(address, ChannelAddress.Parse(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("web")]
    [InlineData("unix")]
    [InlineData("unix:")]
    [InlineData("unix:a\0b")]
    [InlineData("-:")]
    [InlineData("UNIX:a")]
    [InlineData("tcp:host")]
    [InlineData("tcp:host:65536")]
    [InlineData("tcp:host:-1")]
    [InlineData("tcp:host:+1")]
    [InlineData("tcp:host:1,ipv4=on")]
    [InlineData("tcp:::1:1")]
    [InlineData("tcp:[x]:1")]
    [InlineData("fd:")]
    [InlineData("fd:-1")]
    [InlineData("fd:name")]
    [InlineData("fd:99999999999")]
    [InlineData("exec:")]
    [InlineData("file:")]
    [InlineData("file:,offset=1")]
    [InlineData("file:/a,offset=")]
    [InlineData("file:/a,offset=-1")]
    [InlineData("file:/a,offset=0xffffffffffffffff")]
    [InlineData("rdma:host:1")]
    public void What_is_no_address_is_refused_and_quoted(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => ChannelAddress.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Unix_path_that_is_too_long_says_so_on_both_sides()
    {
        var address = ChannelAddress.Unix("/tmp/" + new string('x', 103));
        foreach (var use in new Action[] { () => address.Connect(), () => address.Listen() })
        {
            var error = Assert.Throws<LinuxException>(use);
            Assert.Contains("108 bytes, a unix socket takes 107", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Unix_listener_removes_its_path_and_accepts_many()
    {
        var address = ChannelAddress.Unix(folder + "/s");
        using (var listener = address.Listen())
        {
            for (var i = 0; i < 3; i++)
            {
                using var caller = address.Connect();
                using var server = listener.Accept(CancellationToken.None);
                Assert.Equal(address.Text, server.Name);
            }
        }
        Assert.False(File.Exists(folder + "/s"));
    }

    [Fact]
    public void Tcp_listener_tells_the_port_that_the_kernel_chose()
    {
        using var listener = ChannelAddress.Parse("tcp:localhost:0").Listen();
        var port = ChannelAddress.Parse(listener.Address).Number;
        Assert.InRange(port, 1, 65535);
        using var cancel = new CancellationTokenSource(30);
        Assert.Throws<OperationCanceledException>(() => listener.Accept(cancel.Token));
    }

    [Fact]
    public void Tcp_without_a_listener_is_an_error_that_names_the_address()
    {
        string address;
        using (var listener = ChannelAddress.Parse("tcp:127.0.0.1:0").Listen()) address = listener.Address;
        var error = Assert.ThrowsAny<IOException>(() => ChannelAddress.Parse(address).Connect());
        Assert.Contains(address, error.Message, StringComparison.Ordinal);
    }

    // A file that is cut to nothing, even an empty one, is written to the disk by ext4 when it is closed: that took as long as the whole save.
    [Fact]
    public void An_empty_file_is_not_cut()
    {
        var path = folder + "/f";
        File.WriteAllText(path, "");
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        using (ChannelAddress.Parse($"file:{path}").Connect()) Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(path));
    }

    [Fact]
    public void File_is_written_and_read_from_its_offset_and_what_is_before_stays()
    {
        var path = folder + "/f";
        File.WriteAllText(path, "0123456789");
        using (var writer = ChannelAddress.Parse($"file:{path},offset=4").Connect()) writer.Write("abc"u8);
        Assert.Equal("0123abc", File.ReadAllText(path));
        using (var writer = ChannelAddress.Parse($"file:{path}").Connect()) writer.Write("xy"u8);
        Assert.Equal("xy", File.ReadAllText(path));
        using var listener = ChannelAddress.Parse($"file:{path},offset=1").Listen();
        using var reader = listener.Accept(CancellationToken.None);
        var buffer = new byte[10];
        Assert.True(reader.WaitReadable(TimeSpan.Zero));
        Assert.Equal(1, reader.Read(buffer));
        Assert.Equal((byte)'y', buffer[0]);
        Assert.Equal(0, reader.Read(buffer));
        Assert.Throws<IOException>(() => listener.Accept(CancellationToken.None));
    }

    [Fact]
    public void File_takes_many_segments_and_refuses_more_after_abort_or_the_end()
    {
        var path = folder + "/f";
        var bytes = new byte[3000];
        new Random(1).NextBytes(bytes);
        using var writer = ChannelAddress.Parse($"file:{path}").Connect();
        unsafe
        {
            fixed (byte* first = bytes)
            {
                var segments = new MemorySegment[3000];
                for (var i = 0; i < segments.Length; i++) segments[i] = new MemorySegment((nint)first + i, 1);
                writer.Write(segments);
            }
        }
        Assert.Equal(bytes, File.ReadAllBytes(path));
        writer.CloseWrite();
        Assert.Throws<IOException>(() => writer.Write("x"u8));
        using var reader = ChannelAddress.Parse($"file:{path}").Listen().Accept(CancellationToken.None);
        reader.Abort();
        Assert.Throws<IOException>(() => reader.Read(new byte[1]));
    }

    [Fact]
    public void New_file_is_its_owners_alone()
    {
        ChannelAddress.Parse($"file:{folder}/new").Connect().Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder + "/new"));
    }

    [Fact]
    public void What_cannot_be_opened_is_named()
    {
        var none = Assert.ThrowsAny<IOException>(() => ChannelAddress.Parse($"file:{folder}/none").Listen().Accept(CancellationToken.None));
        Assert.Contains(folder + "/none", none.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<IOException>(() => ChannelAddress.Parse($"file:{folder}").Listen().Accept(CancellationToken.None));
        var closed = Assert.ThrowsAny<IOException>(() => ChannelAddress.Parse("fd:1000000").Connect());
        Assert.Contains("fd:1000000", closed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Descriptor_that_is_open_for_the_other_direction_is_refused()
    {
        var (read, write) = Descriptor.Pipe();
        Assert.Contains("not open for writing", Assert.Throws<IOException>(() => FdChannel.Open(read, FileAccess.Write, "fd")).Message, StringComparison.Ordinal);
        Assert.Contains("not open for reading", Assert.Throws<IOException>(() => FdChannel.Open(write, FileAccess.Read, "fd")).Message, StringComparison.Ordinal);
        Assert.True(read.IsClosed && write.IsClosed);
    }

    [Fact]
    public void Other_users_of_a_pipe_keep_their_blocking_mode()
    {
        var (read, write) = Descriptor.Pipe();
        using var shared = Descriptor.Duplicate(write);
        using var reader = read;
        using var channel = FdChannel.Open(write, FileAccess.Write, "fd");
        // Four million bytes fit in no pipe: the call returns with all of them only when it blocks until somebody reads.
        var writing = Task.Run(() => Descriptor.Write(shared, new byte[4_000_000], "shared"));
        Thread.Sleep(50);
        Assert.False(writing.IsCompleted);
        var buffer = new byte[1_000_000];
        for (var done = 0; done < 4_000_000;) done += Descriptor.Read(read, buffer, "reader");
        Assert.Equal(4_000_000, writing.Result);
    }

    [Fact]
    public void Channel_handed_over_a_socket_works_in_the_other_hands()
    {
        var (here, there) = ChannelPair.Create();
        using var _ = here;
        using var __ = there;
        var (first, second) = ChannelPair.Create("passed");
        DescriptorPassing.Send(here.Socket, "x"u8, [second.Socket], "pair");
        second.Dispose();
        DescriptorPassing.Receive(there.Socket, new byte[1], out var descriptors, "pair");
        using var arrived = FdChannel.Open(descriptors[0], FileAccess.ReadWrite, "arrived");
        arrived.Write("hello"u8);
        arrived.CloseWrite();
        var buffer = new byte[10];
        Assert.Equal(5, first.Read(buffer));
        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, 5));
        Assert.Equal(0, first.Read(buffer));
        first.Dispose();
    }

    [Fact]
    public void Set_breaks_and_closes_all_its_channels()
    {
        var (main, mainPeer) = ChannelPair.Create();
        var (preempt, preemptPeer) = ChannelPair.Create();
        using var _ = mainPeer;
        using var __ = preemptPeer;
        using (var set = new ChannelSet(main, preempt))
        {
            set.Abort();
            Assert.Throws<IOException>(() => set.Main.Read(new byte[1]));
            Assert.Throws<IOException>(() => set.Preempt!.Read(new byte[1]));
            Assert.Equal(0, mainPeer.Read(new byte[1]));
        }
        Assert.True(main.Socket.IsClosed && preempt.Socket.IsClosed);
    }
}
