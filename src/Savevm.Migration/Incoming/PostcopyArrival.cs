using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Migration.Core;
using Savevm.Migration.ReturnPath;
using Savevm.Transport;
using Savevm.Wire;

namespace Savevm.Migration.Incoming;

/// <summary>
/// What runs beside the main channel while a machine's pages are missing: the thread that asks for them, and the one that reads the channel on which
/// those come that were asked for. All calls come from the thread that reads the main channel.
/// </summary>
/// <param name="faults">The machine's faults; null where it cannot run before its RAM has arrived.</param>
/// <param name="pages">What reads the main channel, and knows which pages are here.</param>
/// <param name="surroundings">Clock and threads.</param>
/// <param name="broken">Breaks all channels of now, from any thread.</param>
internal sealed class PostcopyArrival(IFaultSource? faults, PageReceiver pages, Surroundings surroundings, Action broken) : IDisposable
{
    private static readonly TimeSpan LastPagesSlice = TimeSpan.FromMilliseconds(1);

    private FaultForwarder? requests;
    private PreemptReceiver? urgent;

    /// <summary>Why the channel for requested pages failed; null where it did not, or there is none.</summary>
    public Exception? Failure => urgent?.Failure;

    /// <summary>The machine may run soon: what has not arrived is missing from now on.</summary>
    /// <exception cref="MachineRefusedException">It cannot.</exception>
    public void Begin(ReturnPathWriter? path, IByteChannel? preempt, long at)
    {
        if (faults is null) throw new MachineRefusedException("this destination cannot run before its RAM has arrived: start no postcopy into it");
        if (path is null) throw new WireException(at, "postcopy without a return path");
        pages.ExpectMissingPages();
        var waits = new PageWaits(pages.Blocks, pages.ReceivedOf, surroundings.Time, pages.Statistics);
        pages.Arrived = waits.Arrived;
        requests = new FaultForwarder(faults, pages.Blocks, waits, path, surroundings);
        ReadBeside(preempt);
    }

    /// <summary>The connection broke, and all its channels were aborted: faults are only remembered.</summary>
    public void Suspend()
    {
        requests?.Suspend();
        EndUrgent();
    }

    /// <summary>A new connection is there. Its channel for requested pages may be one that is yet to come.</summary>
    public void ReadBeside(IByteChannel? preempt)
    {
        if (preempt is null) return;
        urgent = pages.OpenBeside(preempt, broken);
        urgent.Start(surroundings);
    }

    /// <summary>The source knows what is missing: asks again for what was asked for.</summary>
    public void Resume(ReturnPathWriter path) => requests?.Resume(path, pages.ReceivedOf);

    /// <summary>
    /// The main channel came to its end: the last pages that were asked for may still be on their way beside it. Returns when everything is here.
    /// </summary>
    /// <exception cref="WireException">The source ended, and pages are missing.</exception>
    /// <exception cref="PeerLostException">The connection broke.</exception>
    public void AwaitLastPages(ForwardWindow main)
    {
        // Read before the look at the pages: when it had ended then, no page came between the look and now.
        for (var isReading = urgent?.IsReading == true; pages.FindMissing() is { } missing; isReading = urgent?.IsReading == true)
        {
            if (Failure is { } failure) throw failure;
            if (!isReading)
                throw new WireException(main.Offset, $"the source ends, and page 0x{missing.PageIndex * RamBlock.PageSize:x} of block '{pages.Blocks[missing.BlockIndex].IdStr}' never came");
            if (main.Unread.IsEmpty && !main.WaitForMore(LastPagesSlice)) continue;
            if (!main.Unread.IsEmpty || main.Fill(1 << 20)) throw new WireException(main.Offset, "bytes follow the end of the stream");
            throw new PeerLostException($"the source closed the connection at offset 0x{main.Offset:x} before its last pages came");
        }
    }

    /// <summary>Stops both; nobody waits for a page any more, or nobody ever brings one.</summary>
    public void Dispose()
    {
        EndUrgent();
        requests?.Dispose();
        requests = null;
    }

    private void EndUrgent()
    {
        urgent?.Dispose();
        urgent = null;
    }
}
