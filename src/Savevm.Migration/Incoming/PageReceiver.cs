using System.Buffers.Binary;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Migration.Incoming.Multifd;
using Savevm.Migration.Metrics;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;

namespace Savevm.Migration.Incoming;

/// <summary>
/// Reads the bodies of RAM sections of one channel and hands the pages to the machine. Data plane: no allocation, no
/// lock, no copy per page; the page writer gathers straight from the window. Layout: <c>docs/wire-format.md</c>, chapter 4.
/// </summary>
internal sealed class PageReceiver(ForwardWindow first, IRamSink sink, StreamDialect dialect, MultifdReceiver? multifd, MigrationStatistics statistics) : IDisposable
{
    private const int WindowLimit = 4 << 20;

    private readonly DifferenceApplier differences = new();

    private readonly List<RamBlock> blocks = [];
    private readonly List<AtomicPageBitmap> received = [];
    private PageLocator? located;
    private ForwardWindow window = first;
    private StreamDialect spoken = dialect;
    private bool keepsReceived;
    private IPageWriter? writer;
    private long normalPages;
    private long zeroPages;
    private bool marksSections, hasReadStart, runsSoon;

    /// <summary>The block list, once the stream announced it.</summary>
    public IReadOnlyList<RamBlock> Blocks => blocks;

    /// <summary>The source may change to postcopy: a block of huge pages carries their size in the block list.</summary>
    public void ExpectPageSizes()
    {
        spoken = spoken with { HasPostcopyPageSizes = true };
        keepsReceived = true;
    }

    /// <summary>Counters.</summary>
    public MigrationStatistics Statistics => statistics;

    /// <summary>Postcopy: called with the block and the page when one has come, on whichever channel.</summary>
    public Action<int, long>? Arrived { get; set; }

    /// <summary>The pages of a block that are here; kept where postcopy may come.</summary>
    public AtomicPageBitmap ReceivedOf(int blockIndex) => received[blockIndex];

    /// <summary>A page that is not here; null when all are. Kept where postcopy may come.</summary>
    public PageAddress? FindMissing()
    {
        foreach (var block in blocks)
            if (received[block.Index].NextClear(0) is var page && page < received[block.Index].PageCount) return new PageAddress(block.Index, page);
        return null;
    }

    /// <summary>A new connection begins where the last one broke; no block is the current one.</summary>
    public void ContinueFrom(ForwardWindow next)
    {
        window = next;
        Located.Forget();
    }

    /// <summary>What takes the pages of a channel beside this one, into the same machine.</summary>
    public PreemptReceiver OpenBeside(IByteChannel channel, Action broken) => new(channel, blocks, received, sink.OpenWriter(), statistics) { Broken = broken, Arrived = Arrived };

    /// <summary>
    /// Postcopy: pages may be missing from now on. Differences are nothing to apply to what is missing, and multifd channels bring no more pages.
    /// </summary>
    public void ExpectMissingPages()
    {
        runsSoon = true;
        multifd?.EndPages();
    }

    /// <summary>The block of that name.</summary>
    public RamBlock FindBlock(string idStr, long offset) =>
        blocks.Find(block => block.IdStr == idStr) ?? throw new WireException(offset, $"unknown RAM block '{idStr}'");

    /// <summary>Postcopy: forgets pages that will be sent again; and the current block, as every sender does.</summary>
    public void Discard(RamDiscard discard, long at)
    {
        const ulong PageSize = RamBlock.PageSize;
        var block = FindBlock(discard.BlockName, at);
        Located.Forget();
        foreach (var range in discard.Ranges)
        {
            if (range.Start % PageSize != 0 || range.Length % PageSize != 0 || range.Length > (ulong)block.UsedLength
                || range.Start > (ulong)block.UsedLength - range.Length)
            {
                throw new WireException(at, $"discard of 0x{range.Length:x} bytes at 0x{range.Start:x} does not fit block '{block.IdStr}'");
            }
            sink.Discard(block.Index, (long)(range.Start / PageSize), (long)(range.Length / PageSize));
            received[block.Index].ClearRange((long)(range.Start / PageSize), (long)(range.Length / PageSize));
        }
    }

    /// <summary>Reads records up to and including the end of the body.</summary>
    /// <exception cref="MachineRefusedException">The guest's pages are not of our size.</exception>
    public void ReceiveBody()
    {
        var hasFlush = false;
        try
        {
            while (!ReceiveBuffered(ref hasFlush))
            {
                Publish();
                if (!window.Fill(WindowLimit))
                    throw new PeerLostException($"the stream ended inside RAM at offset 0x{window.Offset:x}");
            }
        }
        catch (WireException defect) when (defect.Offset == window.Offset && HasAddressOfSmallerPage())
        {
            throw new MachineRefusedException(
                $"the guest's pages are smaller than {RamBlock.PageSize} bytes, as those of ARM processors before v7 and of microcontrollers; only that size is known");
        }
        Publish();
        if (multifd is null) return;
        // The first body tells how the source keeps its channels in step: by records, of which this body has one, or at the end of each body.
        if (!hasReadStart) marksSections = !hasFlush;
        hasReadStart = true;
        if (marksSections) multifd.Mark(window.Offset);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        writer?.Dispose();
        differences.Dispose();
    }

    // The stream says the size of its pages only where it is larger than the smallest of the architecture.
    private bool HasAddressOfSmallerPage() =>
        BinaryPrimitives.TryReadUInt64BigEndian(window.Unread, out var word) && (word & RamFlagTable.UnusedFlags) != 0
        && ((RamFlags)word & (RamFlags.Page | RamFlags.Zero)) != 0;

    /// <summary>Takes every whole record of the window. True when the body ended; false when more bytes are needed.</summary>
    private bool ReceiveBuffered(ref bool hasFlush)
    {
        while (RamRecordReader.TryRead(window.Unread, window.Offset, out var record, out var headerBytes))
        {
            switch (record.Kind)
            {
                case RamRecordKind.Page:
                    // Judged before the contents are waited for; judging the record again after a fill changes nothing.
                    var page = Locate(record);
                    if (window.Unread.Length < headerBytes + RamBlock.PageSize) return false;
                    writer!.WritePage(Located.Current, page, window.Unread.Slice(headerBytes, RamBlock.PageSize));
                    window.Consume(headerBytes + RamBlock.PageSize);
                    Note(page);
                    normalPages++;
                    break;
                case RamRecordKind.ZeroPage:
                    var zeroPage = Locate(record);
                    writer!.WriteZeroPage(Located.Current, zeroPage);
                    Note(zeroPage);
                    window.Consume(headerBytes);
                    zeroPages++;
                    break;
                case RamRecordKind.EndOfSection:
                    window.Consume(headerBytes);
                    return true;
                case RamRecordKind.MemorySize:
                    window.Consume(headerBytes);
                    ReceiveBlockList(record.Address);
                    break;
                case RamRecordKind.Xbzrle:
                    if (!ReceiveDifference(record, headerBytes)) return false;
                    break;
                case RamRecordKind.MultifdFlush:
                    // Some sources write it without multifd; there is nothing to wait for on one channel.
                    window.Consume(headerBytes);
                    hasFlush = true;
                    if (multifd is null || marksSections) break;
                    writer?.Flush();
                    multifd.Mark(window.Offset);
                    break;
                default:
                    throw new WireException(window.Offset, $"a RAM record of kind {record.Kind} cannot be taken here: switch the capability off at the source");
            }
        }
        return false;
    }

    private bool ReceiveDifference(in RamRecord record, int headerBytes)
    {
        if (runsSoon) throw new WireException(window.Offset, "a difference comes after the switch to postcopy");
        var page = Locate(record);
        if (!RamPayloadReader.TryRead(record.Kind, window.Unread[headerBytes..], window.Offset + headerBytes, out var payload, out var payloadBytes)) return false;
        var offset = window.Offset + headerBytes + payloadBytes - payload.Length;
        differences.Apply(writer!, Located.Current, page, payload, offset);
        window.Consume(headerBytes + payloadBytes);
        statistics.AddDifference(payloadBytes);
        return true;
    }

    private PageLocator Located => located ??= new PageLocator(blocks);

    private long Locate(in RamRecord record)
    {
        var page = Located.Locate(record, window.Offset);
        if (runsSoon) PageLocator.DemandMissing(received[Located.Current], blocks[Located.Current], page, window.Offset);
        return page;
    }

    private void Note(long page)
    {
        // Before a discard all bits are set, and a plain look costs nothing.
        if (!keepsReceived || received[Located.Current].IsSet(page)) return;
        received[Located.Current].TrySet(page);
        Arrived?.Invoke(Located.Current, page);
    }

    private void ReceiveBlockList(ulong total)
    {
        if (total > WireLimits.MaxRamBytes) throw new WireException(window.Offset, $"the stream announces {total} bytes of RAM");
        var listed = new List<RamBlock>();
        for (var remaining = total; remaining > 0;)
        {
            if (listed.Count >= WireLimits.MaxRamBlocks) throw new WireException(window.Offset, $"more than {WireLimits.MaxRamBlocks} RAM blocks");
            RamSetupBlock? entry;
            int consumed;
            while (!RamSetupReader.TryReadBlock(window.Unread, window.Offset, spoken, remaining, out entry, out consumed))
            {
                writer?.Flush();
                if (!window.Fill(WindowLimit)) throw new PeerLostException($"the stream ended inside the RAM block list at offset 0x{window.Offset:x}");
            }
            if (listed.Exists(block => block.IdStr == entry.IdStr)) throw new WireException(window.Offset, $"RAM block '{entry.IdStr}' is listed twice");
            listed.Add(new RamBlock(listed.Count, entry.IdStr, (long)entry.UsedLength));
            remaining -= entry.UsedLength;
            window.Consume(consumed);
        }
        if (blocks.Count > 0)
        {
            // QEMU accepts a repeated list, a part of it, or an empty one; what it must not do is change.
            foreach (var block in listed)
            {
                if (FindBlock(block.IdStr, window.Offset).UsedLength != block.UsedLength)
                    throw new WireException(window.Offset, $"RAM block '{block.IdStr}' changed its size");
            }
            return;
        }
        if (listed.Count == 0) return;
        sink.DeclareBlocks(listed);
        blocks.AddRange(listed);
        foreach (var block in listed)
        {
            // Whatever is not discarded before the switch to postcopy has been sent, by whichever channel.
            received.Add(new AtomicPageBitmap(keepsReceived ? block.PageCount : 0));
            received[^1].SetRange(0, received[^1].PageCount);
        }
        writer = sink.OpenWriter();
        multifd?.Declare(blocks);
        statistics.SetRamBytesTotal(listed.Sum(block => block.UsedLength));
    }

    /// <summary>Hands over gathered pages before the window moves, and makes the counters visible.</summary>
    private void Publish()
    {
        writer?.Flush();
        statistics.AddPages(normalPages, zeroPages);
        normalPages = zeroPages = 0;
        statistics.SetStreamBytes(window.Offset);
    }
}
