using System.Runtime.InteropServices;
using Savevm.Machine.Ram;
using Savevm.Machine.Ram.Xbzrle;
using Savevm.Migration.Live;
using Savevm.Migration.Metrics;
using Savevm.Migration.Outgoing;
using Savevm.Transport;

namespace Savevm.Migration.Pages.Xbzrle;

/// <summary>
/// Pages as differences to what was sent before, where that is shorter. As in QEMU the first round is plain and nothing of it is remembered:
/// of most pages it is the only one, and they would drive each other out of the cache.
/// </summary>
internal sealed unsafe class XbzrleRounds : IRoundOutput
{
    private readonly PlainRounds plain;
    private readonly IPageReader reader;
    private readonly PageRecordWriter writer;
    private readonly XbzrleCache cache;
    private readonly XbzrleStatistics counters;
    private readonly ulong[] addresses;
    private readonly byte* difference = (byte*)NativeMemory.AlignedAlloc(RamBlock.PageSize, RamBlock.PageSize);
    private ulong round = 1;

    /// <summary>Reserves the cache; <paramref name="writer"/> is disposed with this object.</summary>
    public XbzrleRounds(IByteChannel main, IRamSource ram, XbzrleOptions options, PageRecordWriter writer, MigrationStatistics statistics)
    {
        cache = new XbzrleCache(options.CacheBytes);
        // A difference is right only if both sides look at the same bytes: what is encoded, remembered and sent must not change meanwhile.
        reader = ram.OpenStableReader();
        this.writer = writer;
        plain = new PlainRounds(main, reader, writer);
        counters = statistics.BeginXbzrle(options.CacheBytes);
        addresses = new ulong[ram.Blocks.Count];
        for (var index = 1; index < addresses.Length; index++)
            addresses[index] = addresses[index - 1] + (ulong)ram.Blocks[index - 1].UsedLength;
    }

    public void Open(ConversationWriter conversation, ControlWriter control, bool advisePostcopy) => plain.Open(conversation, control, advisePostcopy);

    public int SendPages(int blockIndex, long firstPage, int maxPages)
    {
        if (round == 1) return plain.SendPages(blockIndex, firstPage, maxPages);
        var run = reader.Read(blockIndex, firstPage, maxPages);
        var isLong = run.PageCount >= PlainRounds.LongRunPages;
        for (var index = 0; index < run.PageCount; index++)
        {
            var content = run.IsZero ? default : run.Bytes.Slice(index * RamBlock.PageSize, RamBlock.PageSize);
            SendPage(blockIndex, firstPage + index, content, isZero: run.IsZero || (!run.IsScanned && ZeroPage.IsZero(content)), isLong);
        }
        counters.AddExamined(run.PageCount);
        if (isLong && !run.IsZero) writer.Send();
        return run.PageCount;
    }

    public void EndRound()
    {
        writer.Send();
        counters.EndRound();
        round++;
    }

    public void Complete(ControlWriter control) => plain.Complete(control);

    public void Dispose()
    {
        plain.Dispose();
        cache.Dispose();
        NativeMemory.AlignedFree(difference);
    }

    private void SendPage(int blockIndex, long page, ReadOnlySpan<byte> content, bool isZero, bool isLong)
    {
        var address = addresses[blockIndex] + ((ulong)page * RamBlock.PageSize);
        if (isZero)
        {
            cache.NoteZeroPage(address, round);
            writer.AddZeroPage(blockIndex, page);
            return;
        }
        var target = new Span<byte>(difference, RamBlock.PageSize);
        switch (cache.Encode(address, content, round, isLastRound: false, target, out var length))
        {
            case XbzrleOutcome.Unchanged:
                counters.AddHit(0);
                return;
            case XbzrleOutcome.Encoded:
                writer.AddDifference(blockIndex, page, target[..length]);
                counters.AddHit(length + PageRecordWriter.DifferenceHeadBytes);
                return;
            case XbzrleOutcome.Overflow:
                counters.AddOverflow();
                break;
            default:
                counters.AddMiss();
                break;
        }
        if (isLong) writer.AddPage(blockIndex, page, content);
        else writer.AddCopy(blockIndex, page, content);
    }
}
