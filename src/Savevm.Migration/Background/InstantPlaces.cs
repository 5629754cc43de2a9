using Savevm.Machine.Ram;
using Savevm.Migration.Metrics;
using Savevm.Migration.Outgoing;
using Savevm.Migration.Pages.MappedRam;
using Savevm.Transport;

namespace Savevm.Migration.Background;

/// <summary>
/// Pages at fixed places of a file (mapped-ram), where they can be mapped or read in any order. RAM ends with its END section, as in any other file of
/// this form: QEMU 10.0 writes the bitmaps with it.
/// </summary>
internal sealed class InstantPlaces(IPositionedChannel file, IReadOnlyList<RamBlock> blocks, MigrationStatistics statistics) : IInstantOutput
{
    private readonly MappedRamFile places = new(file, blocks, statistics);

    public void Open(ConversationWriter conversation, ControlWriter control) => places.Open(conversation, control);

    public void Add(PageAddress first, PageRun run) => places.Put(first.BlockIndex, first.PageIndex, run);

    public void Complete(ConversationWriter conversation, ControlWriter control)
    {
        places.Complete();
        control.Write(file, conversation.WriteRamEnd);
    }

    public void Dispose()
    {
        // The file is its owner's.
    }
}
