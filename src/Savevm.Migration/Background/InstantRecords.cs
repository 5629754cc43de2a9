using Savevm.Machine.Ram;
using Savevm.Migration.Metrics;
using Savevm.Migration.Outgoing;
using Savevm.Migration.Pages;
using Savevm.Transport;

namespace Savevm.Migration.Background;

/// <summary>Pages as records of the stream, as QEMU's background snapshot has them: without an end of RAM.</summary>
internal sealed class InstantRecords(IByteChannel channel, IReadOnlyList<RamBlock> blocks, uint sectionId, MigrationStatistics statistics) : IInstantOutput
{
    private const int MaxPagesOfSection = 256;

    private readonly PageRecordWriter writer = new(channel, blocks, sectionId, framed: true, statistics);
    private int pages;

    public void Open(ConversationWriter conversation, ControlWriter control) =>
        control.Write(channel, output => conversation.WriteOpening(output, openReturnPath: false, advisePostcopy: false));

    public void Add(PageAddress first, PageRun run)
    {
        for (var index = 0; index < run.PageCount; index++)
        {
            if (run.IsZero) writer.AddZeroPage(first.BlockIndex, first.PageIndex + index);
            else if (run.PageCount == 1) writer.AddCopy(first.BlockIndex, first.PageIndex, run.Bytes);
            else writer.AddPage(first.BlockIndex, first.PageIndex + index, run.Bytes.Slice(index * RamBlock.PageSize, RamBlock.PageSize));
        }
        // A run's bytes are valid until the call returns; copies of single pages are the writer's own.
        if ((run.PageCount > 1 && !run.IsZero) || ++pages >= MaxPagesOfSection)
        {
            writer.Send();
            pages = 0;
        }
    }

    public void Complete(ConversationWriter conversation, ControlWriter control) => writer.Send();

    public void Dispose() => writer.Dispose();
}
