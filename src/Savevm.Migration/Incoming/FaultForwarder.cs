using Savevm.Machine.Ram;
using Savevm.Migration.Core;
using Savevm.Migration.ReturnPath;

namespace Savevm.Migration.Incoming;

/// <summary>
/// Asks the source for every page that a running machine waits for, on a thread of its own, until it is disposed. When the connection breaks it
/// remembers what was asked for, and asks again on the next one.
/// </summary>
internal sealed class FaultForwarder : IDisposable
{
    private readonly CancellationTokenSource end = new();
    private readonly IReadOnlyList<RamBlock> blocks;
    private readonly PageWaits waits;
    private readonly IEngineThread thread;
    private readonly Lock gate = new();
    private ReturnPathWriter? path;
    private int named = -1;

    /// <summary>Begins to forward; what has not arrived is missing from now on.</summary>
    public FaultForwarder(IFaultSource faults, IReadOnlyList<RamBlock> blocks, PageWaits waits, ReturnPathWriter path, Surroundings surroundings)
    {
        (this.blocks, this.waits, this.path) = (blocks, waits, path);
        faults.Begin(blocks);
        thread = surroundings.Start("savevm fault requests", () => Forward(faults));
    }

    /// <summary>The connection broke: from now on faults are only remembered.</summary>
    public void Suspend()
    {
        lock (gate) path = null;
    }

    /// <summary>Asks again for everything that was asked for and is not here, on a new connection; then for what comes.</summary>
    /// <param name="next">The way back.</param>
    /// <param name="receivedOf">The pages of a block that are here.</param>
    public void Resume(ReturnPathWriter next, Func<int, AtomicPageBitmap> receivedOf)
    {
        lock (gate)
        {
            (path, named) = (next, -1);
            foreach (var block in blocks)
            {
                var (received, asked) = (receivedOf(block.Index), waits.AskedOf(block.Index));
                for (var page = asked.NextSet(0); page < block.PageCount; page = asked.NextSet(page + 1))
                    if (!received.IsSet(page)) Ask(new PageAddress(block.Index, page));
            }
        }
    }

    /// <summary>Stops forwarding; returns when the thread has ended.</summary>
    public void Dispose()
    {
        end.Cancel();
        thread.Join();
        end.Dispose();
    }

    private void Forward(IFaultSource faults)
    {
        while (faults.WaitForFault(end.Token, out var page))
        {
            lock (gate)
            {
                waits.Begin(page);
                Ask(page);
            }
        }
    }

    private void Ask(PageAddress page)
    {
        if (path is null) return;
        try
        {
            var name = page.BlockIndex == named ? null : blocks[page.BlockIndex].IdStr;
            path.RequestPages(name, (ulong)page.PageIndex * RamBlock.PageSize, RamBlock.PageSize);
            named = page.BlockIndex;
        }
        catch (PeerLostException)
        {
            // The connection broke; the thread that reads the stream finds it out and says so.
            path = null;
        }
    }
}
