using Savevm.Machine.Ram;
using Savevm.Migration.Core;
using Savevm.Migration.ReturnPath;

namespace Savevm.Migration.Incoming;

/// <summary>Asks the source for every page that a running machine waits for, on a thread of its own, until it is disposed.</summary>
internal sealed class FaultForwarder : IDisposable
{
    private readonly CancellationTokenSource end = new();
    private readonly IEngineThread thread;

    /// <summary>Begins to forward; what has not arrived is missing from now on.</summary>
    public FaultForwarder(IFaultSource faults, IReadOnlyList<RamBlock> blocks, ReturnPathWriter path, Surroundings surroundings)
    {
        faults.Begin(blocks);
        thread = surroundings.Start("savevm fault requests", () => Forward(faults, blocks, path));
    }

    /// <summary>Stops forwarding; returns when the thread has ended.</summary>
    public void Dispose()
    {
        end.Cancel();
        thread.Join();
        end.Dispose();
    }

    private void Forward(IFaultSource faults, IReadOnlyList<RamBlock> blocks, ReturnPathWriter path)
    {
        var named = -1;
        try
        {
            while (faults.WaitForFault(end.Token, out var page))
            {
                var name = page.BlockIndex == named ? null : blocks[page.BlockIndex].IdStr;
                path.RequestPages(name, (ulong)page.PageIndex * RamBlock.PageSize, RamBlock.PageSize);
                named = page.BlockIndex;
            }
        }
        catch (PeerLostException)
        {
            // The connection broke; the thread that reads the stream finds it out and says so.
        }
    }
}
