using Savevm.Transport;
using Savevm.Wire.ReturnPath;

namespace Savevm.Migration.ReturnPath;

/// <summary>The source's side of the return path: messages of the destination, one after another. One thread; no allocation per message.</summary>
internal sealed class ReturnPathReader(IByteChannel channel)
{
    private readonly byte[] buffer = GC.AllocateUninitializedArray<byte>(64 << 10, pinned: true);
    private int start;
    private int end;
    private long offset;

    /// <summary>Offset of the next message in the return stream; for messages about defects.</summary>
    public long Offset => offset;

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
                return true;
            }
            if (!IsReadable(wait)) return false;
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
