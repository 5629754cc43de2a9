using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Migration.Core;
using Savevm.Migration.Metrics;
using Savevm.Migration.Pages;
using Savevm.Migration.ReturnPath;
using Savevm.Transport;
using Savevm.Wire;

namespace Savevm.Migration.Live;

/// <summary>
/// The rounds of a live migration: sends what is pending, counts what the machine wrote meanwhile, asks the policy what follows. One thread.
/// </summary>
internal sealed class LiveRounds
{
    // How often the return path is looked at while pages are sent: a destination that gives up says so there.
    private const int RunsPerLook = 16;

    private static readonly TimeSpan AcknowledgementSlice = TimeSpan.FromMilliseconds(20);

    private readonly LiveMachine machine;
    private readonly ChannelSet channels;
    private readonly LiveOptions options;
    private readonly LiveSections sections;
    private readonly MigrationStatistics statistics;
    private readonly IReadOnlyList<RamBlock> blocks;
    private readonly PendingPages pending;
    private readonly ConvergencePolicy policy;
    private readonly PageServer destination;
    private readonly IRoundOutput output;
    private readonly RoundPump pump;
    private readonly Pacer pacer;
    private readonly TimeProvider time;
    private bool isRamDone, isThrottled, hasAnswered;
    private int round = 1, runs;
    private long begun, sentBefore, paced;

    /// <summary>All RAM is pending.</summary>
    public LiveRounds(LiveMachine machine, ChannelSet channels, LiveOptions options, LiveSections sections, IRoundOutput output, MigrationStatistics statistics)
    {
        (this.machine, this.channels, this.options, this.sections, this.output, this.statistics) = (machine, channels, options, sections, output, statistics);
        blocks = machine.Ram.Blocks;
        pending = new PendingPages(blocks);
        pending.AddAll();
        policy = new ConvergencePolicy(options.Convergence, options.Postcopy);
        time = options.Surroundings.Time;
        ReturnPath = new ReturnPathReader(channels.Main);
        destination = new PageServer(blocks, ReturnPath, requested: null, statistics) { PongArrived = _ => hasAnswered = true };
        pump = new RoundPump(blocks, pending, output);
        pacer = new Pacer(options.BandwidthBytesPerSecond, time);
        BeginRound();
        paced = sentBefore;
    }

    /// <summary>Where the destination answers.</summary>
    public ReturnPathReader ReturnPath { get; }

    /// <summary>Sends the next run of pages; behind the last one, a part of what else is live.</summary>
    public SourceEvent SendNext(bool postcopyWanted)
    {
        if (postcopyWanted && MayPostcopy(isExact: false)) return SourceEvent.Postcopy;
        if (!isRamDone) isRamDone = !pump.SendNext();
        else if (sections.Iterate()) return SourceEvent.RoundEnded;
        if (++runs % RunsPerLook == 0) Hear();
        if (options.BandwidthBytesPerSecond is null) return SourceEvent.Done;
        var now = statistics.TransferredBytes;
        pacer.Pushed(now - paced);
        paced = now;
        if (pacer.HoldBack(0) is var delay && delay > TimeSpan.Zero) options.Surroundings.Sleep(delay);
        return SourceEvent.Done;
    }

    /// <summary>The round is over.</summary>
    public SourceEvent Judge(bool postcopyWanted)
    {
        pending.Collect(machine.Dirty);
        var rest = sections.Pending(isExact: true);
        var left = pending.Bytes + rest.Total;
        var facts = new RoundFacts(round, statistics.TransferredBytes - sentBefore, time.GetElapsedTime(begun), left, rest.PrecopyOnly);
        var decision = policy.Decide(facts);
        statistics.NoteRound(round, left, policy);
        options.Progress?.Report(statistics);
        if (policy.ThrottlePercent > 0 && machine.Throttle is { } throttle)
        {
            isThrottled = true;
            throttle.Throttle(policy.ThrottlePercent);
        }
        round++;
        BeginRound();
        if (postcopyWanted && MayPostcopy(isExact: true)) decision = RoundDecision.Postcopy;
        if (decision == RoundDecision.Iterate) return SourceEvent.Iterate;
        if (options.SwitchoverAck && !destination.IsAcknowledged) return SourceEvent.AcknowledgeWanted;
        return decision == RoundDecision.Postcopy ? SourceEvent.Postcopy : SourceEvent.SwitchOver;
    }

    /// <summary>Waits a little for the destination's word.</summary>
    public SourceEvent AwaitAcknowledgement()
    {
        if (destination.ServeNext(AcknowledgementSlice) && destination.IsShut) throw EarlyEnd();
        return SourceEvent.Done;
    }

    /// <summary>Waits until the destination has answered once: it has taken the main channel then, and what connects next is another.</summary>
    public void AwaitAnswer()
    {
        while (!hasAnswered)
        {
            destination.ServeNext(Timeout.InfiniteTimeSpan);
            if (destination.IsShut) throw EarlyEnd();
        }
    }

    /// <summary>Takes what the destination has said; it may have given up.</summary>
    public void Hear()
    {
        if (!channels.Main.IsBidirectional) return;
        while (destination.ServeNext(TimeSpan.Zero))
        {
            if (destination.IsShut) throw EarlyEnd();
        }
    }

    /// <summary>Sends all pages that are left. The machine stands still.</summary>
    public void SendRest()
    {
        pending.Collect(machine.Dirty);
        // What was added behind the place where the pump stands is found in a second pass.
        while (pump.SendNext() || pending.Count > 0)
        {
        }
    }

    /// <summary>Sends what was begun, and says which pages are left. The machine stands still.</summary>
    public SentPages EndForPostcopy()
    {
        output.EndRound();
        pending.Collect(machine.Dirty);
        // At least one discard must come before LISTEN, or QEMU waits for itself for ever.
        if (pending.Count == 0) pending.Add(0, 0);
        return new SentPages(blocks, pending);
    }

    /// <summary>Waits until the destination says that it has everything, where it can say so.</summary>
    public void AwaitShut()
    {
        if (!channels.Main.IsBidirectional) return;
        while (!destination.IsShut) destination.ServeNext(Timeout.InfiniteTimeSpan);
    }

    /// <summary>Why the connection broke: the destination may have said so before it went, and its word tells more than a broken pipe.</summary>
    public Exception ReasonOf(Exception broken)
    {
        if (!channels.Main.IsBidirectional) return broken;
        try
        {
            while (!destination.IsShut && destination.ServeNext(TimeSpan.Zero))
            {
            }
            return broken;
        }
        catch (Exception reason) when (reason is PeerRefusedException or WireException)
        {
            return reason;
        }
        catch (PeerLostException)
        {
            return broken;
        }
    }

    /// <summary>Gives the machine all of its time again.</summary>
    public void Unthrottle()
    {
        if (isThrottled) machine.Throttle?.Throttle(0);
    }

    private static PeerLostException EarlyEnd() => new("the destination said that it has everything before it had");

    private void BeginRound() => (begun, sentBefore, isRamDone) = (time.GetTimestamp(), statistics.TransferredBytes, false);

    private bool MayPostcopy(bool isExact) =>
        options.Postcopy && (!options.SwitchoverAck || destination.IsAcknowledged) && policy.FitsDowntime(sections.Pending(isExact).PrecopyOnly);
}
