using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Migration.Metrics;
using Savevm.Migration.Outgoing;
using Savevm.Transport;

namespace Savevm.Migration.Pages.MappedRam;

/// <summary>Rounds of pages at fixed places of a file, which is as long after many rounds as after one.</summary>
internal sealed class MappedRamRounds(IPositionedChannel file, LiveMachine machine, MigrationStatistics statistics) : IRoundOutput
{
    private readonly IPageReader reader = machine.Ram.OpenReader();
    private readonly MappedRamFile places = new(file, machine.Ram.Blocks, statistics);

    public void Open(ConversationWriter conversation, ControlWriter control, bool advisePostcopy) => places.Open(conversation, control);

    public int SendPages(int blockIndex, long firstPage, int maxPages)
    {
        var run = reader.Read(blockIndex, firstPage, maxPages);
        places.Put(blockIndex, firstPage, run);
        return run.PageCount;
    }

    public void EndRound()
    {
        // What overwrites is written later.
    }

    public void Complete(ControlWriter control) => places.Complete();

    public void Dispose() => reader.Dispose();
}
