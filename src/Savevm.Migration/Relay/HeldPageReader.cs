using Savevm.Machine.Ram;
using Savevm.Migration.Incoming;
using Savevm.Wire;
using Savevm.Wire.Ram;

namespace Savevm.Migration.Relay;

/// <summary>Reads page records of one channel of the source after the switch, and keeps the pages. One thread; no allocation per page.</summary>
/// <param name="blocks">The machine's RAM.</param>
/// <param name="held">Where pages are kept.</param>
/// <param name="sendNow">Sends a unit that the destination waits for; the second number is what <see cref="HeldPages.Store"/> gave with it.</param>
internal sealed class HeldPageReader(IReadOnlyList<RamBlock> blocks, HeldPages held, Action<int, int> sendNow)
{
    private const int WindowLimit = 4 << 20;

    private readonly byte[][] names = [.. blocks.Select(block => System.Text.Encoding.ASCII.GetBytes(block.IdStr))];
    private int current = -1;

    /// <summary>Reads records up to and including the end of the body.</summary>
    /// <returns>False when the stream ended before the first byte of a record.</returns>
    /// <exception cref="PeerLostException">The stream ended or broke inside of it.</exception>
    /// <exception cref="WireException">A record that cannot come here.</exception>
    public bool ReadBody(ForwardWindow window)
    {
        while (!ReadBuffered(window))
        {
            if (window.Fill(WindowLimit)) continue;
            if (window.Unread.IsEmpty) return false;
            throw new PeerLostException($"the stream ended inside RAM at offset 0x{window.Offset:x}");
        }
        return true;
    }

    /// <summary>Takes every whole record of the window. True when the body ended; false when more bytes are needed.</summary>
    private bool ReadBuffered(ForwardWindow window)
    {
        while (RamRecordReader.TryRead(window.Unread, window.Offset, out var record, out var headerBytes))
        {
            switch (record.Kind)
            {
                case RamRecordKind.Page:
                    var page = Locate(record, window.Offset);
                    if (window.Unread.Length < headerBytes + RamBlock.PageSize) return false;
                    Keep(page, window.Unread.Slice(headerBytes, RamBlock.PageSize));
                    window.Consume(headerBytes + RamBlock.PageSize);
                    break;
                case RamRecordKind.ZeroPage:
                    Keep(Locate(record, window.Offset), default);
                    window.Consume(headerBytes);
                    break;
                case RamRecordKind.EndOfSection:
                    window.Consume(headerBytes);
                    return true;
                case RamRecordKind.MultifdFlush:
                    window.Consume(headerBytes);
                    break;
                default:
                    throw new WireException(window.Offset, $"a RAM record of kind {record.Kind} after the switch to postcopy");
            }
        }
        return false;
    }

    private void Keep(long page, ReadOnlySpan<byte> content)
    {
        var unit = held.Store(current, page, content, out var since);
        if (unit >= 0) sendNow(unit, since);
    }

    private long Locate(in RamRecord record, long offset)
    {
        if (!record.Continues && (current < 0 || !record.BlockName.SequenceEqual(names[current])))
        {
            current = names.Length - 1;
            while (current >= 0 && !record.BlockName.SequenceEqual(names[current])) current--;
            if (current < 0) throw new WireException(offset, $"a page of the unknown RAM block '{System.Text.Encoding.ASCII.GetString(record.BlockName)}'");
        }
        if (current < 0) throw new WireException(offset, "a page record continues a block before any block was named");
        if (record.Address >= (ulong)blocks[current].UsedLength)
            throw new WireException(offset, $"page address 0x{record.Address:x} lies outside block '{blocks[current].IdStr}' of {blocks[current].UsedLength} bytes");
        return (long)(record.Address / RamBlock.PageSize);
    }
}
