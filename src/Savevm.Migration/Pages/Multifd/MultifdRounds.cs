using System.Text;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Migration.Live;
using Savevm.Migration.Metrics;
using Savevm.Migration.Outgoing;
using Savevm.Transport;
using Savevm.Wire.Dialects;
using Savevm.Wire.Ram;

namespace Savevm.Migration.Pages.Multifd;

/// <summary>
/// Pages in packets on channels of their own, each with a thread. What keeps a page of a later round behind that of an earlier one is the mark
/// at the end of a round: a SYNC packet on each channel, and with it a record, or the end of a section, on the main channel.
/// </summary>
/// <remarks><code>
/// main:     header ... START { blocks, [flush], EOS }   PART { [zero pages], [flush], EOS }   ...   END { EOS }
/// channel:  initial packet, SYNC                        packets, SYNC                         ...   [SYNC]
/// </code>
/// With the flush record the marks are the records; without it every EOS is one.
/// </remarks>
internal sealed class MultifdRounds : IRoundOutput
{
    private readonly IByteChannel main;
    private readonly PageRecordWriter records;
    private readonly BatchQueue queue;
    private readonly MultifdSendChannel[] channels;
    private readonly IPageReader? zeroFinder;
    private readonly bool marksSections;
    private readonly Guid uuid;
    private PageBatch? batch;
    private bool isUnmarked, isComplete;

    /// <summary>Prepares the channels; nothing is written yet. <paramref name="records"/> is disposed with this object.</summary>
    public MultifdRounds(
        LiveMachine machine, ChannelSet set, LiveOptions options, PageRecordWriter records, MigrationStatistics statistics)
    {
        main = set.Main;
        var multifd = options.Multifd ?? new MultifdOptions();
        uuid = multifd.Uuid;
        marksSections = options.Dialect.MultifdFlush == MultifdFlushMode.EachSection;
        this.records = records;
        if (marksSections) records.Sending = Synchronise;
        if (!options.Dialect.HasMultifdZeroPages) zeroFinder = machine.Ram.OpenReader();
        queue = new BatchQueue(set.Multifd.Count);
        var numbers = new PacketNumbers();
        var names = machine.Ram.Blocks.Select(block => Encoding.ASCII.GetBytes(block.IdStr)).ToArray();
        var form = new MultifdForm(machine.Ram, names, multifd, options.Dialect.HasMultifdZeroPages, options.Surroundings);
        channels = [.. set.Multifd.Select((channel, id) => new MultifdSendChannel(channel, (byte)id, form, queue, numbers, statistics))];
    }

    public void Open(ConversationWriter conversation, ControlWriter control, bool advisePostcopy)
    {
        foreach (var channel in channels) channel.Start(uuid);
        Synchronise();
        control.Write(main, output =>
        {
            conversation.WriteBeforeRam(output, openReturnPath: main.IsBidirectional, advisePostcopy);
            conversation.WriteBlockList(output, advisePostcopy);
            if (!marksSections) RamRecordWriter.WriteMultifdFlush(output);
            conversation.WriteStartEnding(output);
        });
    }

    public int SendPages(int blockIndex, long firstPage, int maxPages)
    {
        if (zeroFinder is not null)
        {
            var run = zeroFinder.Read(blockIndex, firstPage, maxPages);
            maxPages = run.PageCount;
            if (run.IsZero)
            {
                for (var index = 0; index < maxPages; index++) records.AddZeroPage(blockIndex, firstPage + index);
                return maxPages;
            }
        }
        if (batch is not null && (batch.IsFull || batch.BlockIndex != blockIndex)) PostBatch();
        if (batch is null)
        {
            batch = queue.Rent();
            batch.Begin(blockIndex);
        }
        isUnmarked = true;
        return batch.Add(firstPage, maxPages);
    }

    public void EndRound()
    {
        if (!isUnmarked)
        {
            // Zero pages alone: the order of the main channel is enough.
            records.Send();
            return;
        }
        if (marksSections)
        {
            records.BeginSection();
            records.Send();
            return;
        }
        Synchronise();
        records.AddMultifdFlush();
        records.Send();
    }

    public void Complete(ControlWriter control)
    {
        // Where each section is a mark, so is the last.
        if (marksSections) Synchronise();
        isComplete = true;
    }

    public void Dispose()
    {
        queue.Close();
        // A thread may be blocked in a connection whose other end reads no more.
        if (!isComplete)
            foreach (var channel in channels) channel.Abort();
        foreach (var channel in channels) channel.Dispose();
        zeroFinder?.Dispose();
        records.Dispose();
    }

    private void PostBatch()
    {
        if (batch is null) return;
        queue.Post(batch);
        batch = null;
    }

    /// <summary>Returns when all pages are written, and behind them a SYNC packet on each channel.</summary>
    private void Synchronise()
    {
        PostBatch();
        queue.Drain();
        foreach (var channel in channels) channel.WriteSync();
        isUnmarked = false;
    }
}
