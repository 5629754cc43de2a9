using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Sockets;

namespace Savevm.Transport.Channels;

/// <summary>A connected stream socket, unix or TCP.</summary>
public sealed class SocketChannel : DescriptorChannel
{
    /// <summary>Takes a connected socket over and closes it in the end.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="name">For messages.</param>
    public SocketChannel(SafeFileHandle socket, string name) : base(name) => Socket = socket;

    /// <summary>The socket; it stays the channel's.</summary>
    public SafeFileHandle Socket { get; }

    /// <inheritdoc/>
    public override bool IsBidirectional => true;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => Socket.Dispose();

    private protected override int ReadOnce(Span<byte> buffer)
    {
        int count;
        // -1: a socket that somebody handed to us in non-blocking mode. A shutdown ends the wait too.
        while ((count = Descriptor.Read(Socket, buffer, Name)) < 0) Wait(PollEvents.Readable, Timeout.InfiniteTimeSpan);
        return count;
    }

    private protected override nint WriteOnce(ReadOnlySpan<MemorySegment> segments)
    {
        nint count;
        while ((count = StreamSocket.Send(Socket, segments, Name)) < 0) Wait(PollEvents.Writable, Timeout.InfiniteTimeSpan);
        return count;
    }

    private protected override bool WaitUntilReadable(TimeSpan timeout) => Wait(PollEvents.Readable, timeout);

    private protected override void EndWrite() => StreamSocket.Shutdown(Socket, ShutdownDirection.Write, Name);

    private protected override void EndBlockedCalls() => StreamSocket.Shutdown(Socket, ShutdownDirection.Both, Name);

    private bool Wait(PollEvents events, TimeSpan timeout) => Descriptor.Wait(Socket, events, timeout, Name) != PollEvents.None;
}
