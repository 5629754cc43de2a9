using Savevm.Linux;
using Savevm.Linux.Descriptors;

namespace Savevm.Transport.Channels;

/// <summary>
/// Carries one direction between two sockets without a copy in this process, for who need not look at the bytes. One thread; <see cref="IByteChannel.Abort"/> of
/// either channel ends it.
/// </summary>
public sealed class SplicedCarrier : IDisposable
{
    private readonly SplicePipe pipe = new();
    private readonly SocketChannel from, to;

    private SplicedCarrier(SocketChannel from, SocketChannel to) => (this.from, this.to) = (from, to);

    /// <summary>A carrier between two channels; null where one of them is no bare socket.</summary>
    public static SplicedCarrier? Between(IByteChannel from, IByteChannel to) =>
        from is SocketChannel source && to is SocketChannel target ? new SplicedCarrier(source, target) : null;

    /// <summary>Waits for bytes and moves what is there. Returns their number; 0 when the sender ended the stream.</summary>
    /// <exception cref="IOException">One of the connections broke, or was aborted.</exception>
    public int Carry()
    {
        try
        {
            var count = pipe.Carry(from.Socket, from.Name, to.Socket, to.Name);
            // A socket that was shut down looks like one whose peer ended the stream.
            if (count == 0 && (from.IsAborted || to.IsAborted)) throw new IOException($"{from.Name}: aborted");
            return count;
        }
        catch (Exception error) when (error is LinuxException or ObjectDisposedException && (from.IsAborted || to.IsAborted))
        {
            throw new IOException($"{from.Name}: aborted", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => pipe.Dispose();
}
