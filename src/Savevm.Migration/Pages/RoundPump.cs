using Savevm.Machine.Ram;

namespace Savevm.Migration.Pages;

/// <summary>
/// Sends the pending pages of a machine that runs, in block order; after the last it begins at the first again. What the machine writes to a
/// page after it was read is told by the tracker the next time. One thread; no allocation per page.
/// </summary>
internal sealed class RoundPump(IReadOnlyList<RamBlock> blocks, PendingPages pending, IRoundOutput output)
{
    private const int MaxRunPages = 64;

    private int blockIndex;
    private long page;

    /// <summary>
    /// Sends the next run. False when the end was reached: the round is over. What was added behind the place where the pump stands waits
    /// for the next round.
    /// </summary>
    public bool SendNext()
    {
        if (!FindNext())
        {
            output.EndRound();
            (blockIndex, page) = (0, 0);
            return false;
        }
        var wanted = (int)Math.Min(MaxRunPages, pending[blockIndex].NextClear(page) - page);
        var taken = output.SendPages(blockIndex, page, wanted);
        pending.Take(blockIndex, page, taken);
        page += taken;
        return true;
    }

    private bool FindNext()
    {
        for (; blockIndex < blocks.Count; blockIndex++, page = 0)
        {
            page = pending[blockIndex].NextSet(page);
            if (page < blocks[blockIndex].PageCount) return true;
        }
        return false;
    }
}
