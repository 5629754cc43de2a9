using Savevm.Transport;
using Savevm.Wire.ReturnPath;

namespace Savevm.Migration.ReturnPath;

/// <summary>The source's side of the return path: messages of the destination, one after another. One thread; no allocation per message.</summary>
internal sealed class ReturnPathReader(IByteChannel channel)
{
    private readonly byte[] buffer = GC.AllocateUninitializedArray<byte>(64 << 10, pinned: true);
    private int start;
    private int end;
    private int lastBytes;
    private long offset;

    /// <summary>Offset of the next message in the return stream; for messages about defects.</summary>
    public long Offset => offset;

    /// <summary>The bytes of the message that was taken last, for who passes it on. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Last => buffer.AsSpan(start - lastBytes, lastBytes);

    /// <summary>What was read and not understood yet: for who passes on what it does not understand. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Unread => buffer.AsSpan(start, end - start);

    /// <summary>
    /// Takes the next message if it is there within the time; zero polls. The message is valid until the next call.
    /// </summary>
    /// <exception cref="PeerLostException">The destination ended or broke the connection.</exception>
    /// <exception cref="Wire.WireException">The message has a defect.</exception>
    public bool TryNext(TimeSpan wait, out ReturnMessage message)
    {
        while (true)
        {
            if (ReturnMessageReader.TryRead(buffer.AsSpan(start, end - start), offset, out message, out var consumed))
            {
                start += consumed;
                offset += consumed;
                lastBytes = consumed;
                return true;
            }
            if (!IsReadable(wait)) return false;
            Fill();
        }
    }

    /// <summary>
    /// Waits for the bitmap that follows the message just read. Nothing but the page count, which is our own, decides how much memory it takes.
    /// </summary>
    /// <exception cref="PeerLostException">The destination ended or broke the connection.</exception>
    /// <exception cref="Wire.WireException">It is not the bitmap of so many pages.</exception>
    public byte[] ReadBitmap(long pageCount)
    {
        var bytes = new byte[sizeof(ulong) + ReturnMessageReader.GetReceivedBitmapBytes(pageCount) + sizeof(ulong)];
        for (var filled = 0; ;)
        {
            var count = Math.Min(bytes.Length - filled, end - start);
            buffer.AsSpan(start, count).CopyTo(bytes.AsSpan(filled));
            start += count;
            filled += count;
            // A wrong size is told before the rest is waited for.
            if (ReturnMessageReader.TryReadReceivedBitmap(bytes.AsSpan(0, filled), offset, pageCount, out var bitmap, out _))
            {
                offset += filled;
                return bitmap.ToArray();
            }
            IsReadable(Timeout.InfiniteTimeSpan);
            Fill();
        }
    }

    private bool IsReadable(TimeSpan wait)
    {
        try
        {
            return channel.WaitReadable(wait);
        }
        catch (IOException broken)
        {
            throw new PeerLostException($"the return path broke at offset 0x{offset:x}: {broken.Message}", broken);
        }
    }

    private void Fill()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
        }
        int count;
        try
        {
            count = channel.Read(buffer.AsSpan(end));
        }
        catch (IOException broken)
        {
            throw new PeerLostException($"the return path broke at offset 0x{offset:x}: {broken.Message}", broken);
        }
        if (count == 0) throw new PeerLostException($"the destination closed the return path at offset 0x{offset:x}");
        end += count;
    }
}
