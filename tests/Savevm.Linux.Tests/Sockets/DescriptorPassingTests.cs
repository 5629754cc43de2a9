using System.Runtime.InteropServices;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Sockets;

namespace Savevm.Linux.Tests.Sockets;

public sealed class DescriptorPassingTests
{
    [Fact]
    public void A_descriptor_arrives_with_the_first_bytes_and_works_there()
    {
        var (here, there) = UnixSocket.Pair();
        using var _ = here;
        using var __ = there;
        var (read, write) = Descriptor.Pipe();
        DescriptorPassing.Send(here, "getfd"u8, [write], "pair");
        write.Dispose();
        var buffer = new byte[100];
        Assert.Equal(5, DescriptorPassing.Receive(there, buffer, out var descriptors, "pair"));
        Assert.Equal("getfd"u8, buffer.AsSpan(0, 5));
        var arrived = Assert.Single(descriptors);
        Descriptor.Write(arrived, [42], "arrived");
        arrived.Dispose();
        Assert.Equal(1, Descriptor.Read(read, buffer, "pipe"));
        Assert.Equal(42, buffer[0]);
        // Both copies of the writing end are closed: nothing was leaked on the way.
        Assert.Equal(0, Descriptor.Read(read, buffer, "pipe"));
        read.Dispose();
    }

    [Fact]
    public void Several_descriptors_keep_their_order()
    {
        var (here, there) = UnixSocket.Pair();
        using var _ = here;
        using var __ = there;
        var pipes = Enumerable.Range(0, DescriptorPassing.MaximumDescriptors).Select(_ => Descriptor.Pipe()).ToArray();
        DescriptorPassing.Send(here, [0], pipes.Select(pipe => (SafeHandle)pipe.Write).ToArray(), "pair");
        DescriptorPassing.Receive(there, new byte[1], out var descriptors, "pair");
        Assert.Equal(pipes.Length, descriptors.Length);
        var one = new byte[1];
        for (var i = 0; i < pipes.Length; i++)
        {
            Descriptor.Write(descriptors[i], [(byte)i], "pipe");
            Descriptor.Read(pipes[i].Read, one, "pipe");
            Assert.Equal(i, one[0]);
            descriptors[i].Dispose();
            pipes[i].Read.Dispose();
            pipes[i].Write.Dispose();
        }
    }

    [Fact]
    public void Many_bytes_are_sent_completely_on_a_non_blocking_socket()
    {
        var (here, there) = UnixSocket.Pair();
        using var _ = here;
        using var __ = there;
        Descriptor.SetNonBlocking(here, true, "pair");
        using var file = Descriptor.Open("/dev/null", FileAccess.Read);
        var sent = new byte[3_000_000];
        new Random(1).NextBytes(sent);
        var sending = Task.Run(() => DescriptorPassing.Send(here, sent, [file], "pair"));
        var received = new byte[sent.Length];
        int done = 0, count = 0;
        while (done < received.Length)
        {
            done += DescriptorPassing.Receive(there, received.AsSpan(done), out var descriptors, "pair");
            count += descriptors.Length;
            foreach (var descriptor in descriptors) descriptor.Dispose();
        }
        sending.Wait(TestContext.Current.CancellationToken);
        Assert.Equal(sent, received);
        Assert.Equal(1, count);
    }

    [Fact]
    public void Sending_to_nobody_is_an_error_and_no_signal()
    {
        var (here, there) = UnixSocket.Pair();
        using var _ = here;
        there.Dispose();
        using var file = Descriptor.Open("/dev/null", FileAccess.Read);
        Assert.Equal(Errno.EPIPE, Assert.Throws<LinuxException>(() => DescriptorPassing.Send(here, [1], [file], "pair")).ErrorNumber);
    }
}
