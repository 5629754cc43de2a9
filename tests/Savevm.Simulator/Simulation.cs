using Savevm.Migration;
using Savevm.Migration.Incoming;
using Savevm.Migration.Live;
using Savevm.Simulator.Channels;
using Savevm.Simulator.Machines;
using Savevm.Simulator.Scheduling;
using Savevm.Transport;
using Savevm.Wire.Dialects;

namespace Savevm.Simulator;

/// <summary>One migration between two simulated machines by both engines, whose threads, clock and connection one number decides.</summary>
internal sealed class Simulation : IDisposable
{
    // A run takes some milliseconds; this is for an engine that waits for something outside of the simulation.
    private static readonly TimeSpan WallTime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan UnplugTimeout = TimeSpan.FromMilliseconds(80);

    private readonly Scenario scenario;
    private readonly Scheduler scheduler;
    private readonly SimulatedSource source;
    private readonly SimulatedDestination destination;
    private readonly Reconnection lines;
    private readonly ChannelSet first;
    private readonly LiveMigration? live;
    private readonly StillSender? still;
    private readonly IncomingMigration incoming;
    private readonly CancellationTokenSource cancel = new(), cancelIncoming = new();
    private Actor? sender, receiver;
    private Exception? outgoingFailure, incomingFailure;
    private MigrationState seen;
    private int recoveries, brokenRecoveries;
    private bool isOver;

    public Simulation(int seed, Scenario? drawn = null)
    {
        scenario = drawn ?? Scenario.Draw(seed);
        scheduler = new Scheduler(seed);
        lines = new Reconnection(scheduler, scenario);
        (first, var there) = lines.Connect((scenario.CutAfterSent, scenario.CutAfterAnswered));
        SimulatedDestination? reached = null;
        source = new SimulatedSource(scheduler, scenario) { RunsElsewhere = () => reached!.IsRunning };
        destination = reached = new SimulatedDestination(scheduler, scenario) { Source = source, Started = BreakSoon };
        var surroundings = new SimulatedSurroundings(scheduler);
        if (scenario.IsStill) still = new StillSender(source, first, scenario, surroundings, cancelled => lines.ForSource(() => receiver!.HasEnded, cancelled), NoteState);
        else live = new LiveMigration(source.AsLive(), first, new LiveOptions
        {
            Convergence = new ConvergenceOptions
            {
                DowntimeLimit = scenario.DowntimeLimit,
                AutoConverge = scenario.AutoConverge,
                PostcopyAfterRounds = scenario.PostcopyAfterRounds,
                StopAfterRounds = scenario.StopAfterRounds,
            },
            Dialect = StreamDialect.Default,
            Postcopy = scenario.Postcopy,
            BandwidthBytesPerSecond = scenario.BytesPerSecond,
            SwitchoverAck = scenario.SwitchoverAck,
            SwitchoverStart = scenario.SwitchoverStart,
            UnplugTimeout = UnplugTimeout,
            BeforeSwitchover = scenario.HasReleaseHook ? Release : null,
            Surroundings = surroundings,
            Recovery = (_, cancelled) => lines.ForSource(() => receiver!.HasEnded, cancelled),
        })
        { StateChanged = NoteState };
        incoming = new IncomingMigration(destination.AsDestination(), there)
        {
            SwitchoverAck = scenario.SwitchoverAck,
            Surroundings = surroundings,
            Recovery = (_, cancelled) => lines.ForDestination(() => sender!.HasEnded, cancelled),
        };
    }

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="SimulationException">A promise was broken.</exception>
    public Outcome Run()
    {
        sender = scheduler.Start("source", () => outgoingFailure = FailureOf(() => Send(cancel.Token)));
        receiver = scheduler.Start("destination", () => incomingFailure = FailureOf(() => incoming.Run(cancelIncoming.Token)));
        Actor[] others =
        [
            scheduler.Start("machine at the source", () => source.Write(() => isOver)),
            scheduler.Start("machine at the destination", () => destination.Run(() => isOver)),
            scheduler.Start("operator", Operate),
        ];
        scheduler.RunUntil(() => sender.HasEnded && receiver.HasEnded, WallTime);
        isOver = true;
        scheduler.RunUntil(() => others.All(actor => actor.HasEnded), WallTime);
        foreach (var failure in others.Select(actor => actor.Failure).Append(outgoingFailure).Append(incomingFailure))
            if (failure is SimulationException or InvalidOperationException or ArgumentException or NullReferenceException) throw new SimulationException(failure.ToString());
        return Judge();
    }

    private MigrationState SourceState => live?.State ?? still!.State;

    public void Dispose()
    {
        incoming.Dispose();
        source.Dispose();
        destination.Dispose();
        cancel.Dispose();
        cancelIncoming.Dispose();
    }

    private void Send(CancellationToken cancellationToken)
    {
        if (live is not null) live.Run(cancellationToken);
        else still!.Run(cancellationToken);
    }

    private void BreakSoon()
    {
        if (scenario.CutAfterRun is { } more) lines.BreakSoon(more);
    }

    private void NoteState(MigrationState state)
    {
        if (seen == MigrationState.PostcopyRecover && state == MigrationState.PostcopyActive) recoveries++;
        if (seen == MigrationState.PostcopyRecover && state == MigrationState.PostcopyPaused) brokenRecoveries++;
        seen = state;
    }

    private static Exception? FailureOf(Action run)
    {
        try
        {
            run();
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    private void Release()
    {
        scheduler.Yield();
        if (source.IsRunning) throw new SimulationException("what the machine holds is released while it runs");
        if (scenario.ReleaseFails) throw new IOException("the disk cannot be released");
    }

    private void Operate()
    {
        var events = new List<(TimeSpan After, Action Do)>();
        if (live is not null && scenario.PostcopyAfter is { } switchAfter) events.Add((switchAfter, live.StartPostcopy));
        if (scenario.CancelAfter is { } cancelAfter) events.Add((cancelAfter, cancel.Cancel));
        if (scenario.CancelIncomingAfter is { } cancelIncomingAfter) events.Add((cancelIncomingAfter, cancelIncoming.Cancel));
        var begun = scheduler.Now;
        foreach (var (after, act) in events.OrderBy(item => item.After))
        {
            if (scheduler.Wait(() => isOver, after - TimeSpan.FromTicks(scheduler.Now - begun))) return;
            act();
        }
    }

    private Outcome Judge()
    {
        Demand(!(source.IsRunning && destination.IsRunning), "the machine runs on both sides");
        Demand(!source.Tracker.IsTracking, "writes are still tracked");
        Demand(source.Handler is null || source.Handler.CleanedUp == source.Handler.Prepared, "a handler was not cleaned up");
        Demand(destination.Loader is null || destination.Loader.CleanedUp == destination.Loader.Begun, "a loader was not cleaned up");
        var (left, arrived) = (SourceState, incoming.State);
        switch (left)
        {
            case MigrationState.Failed or MigrationState.Cancelled when incoming.State is not (MigrationState.PostcopyPaused or MigrationState.PostcopyActive):
                Demand(source.IsRunning || DestinationOwned, "a failed migration did not hand the machine back");
                Demand(!source.IsRunning || source.ThrottlePercent == 0, "the machine is still slowed down");
                Demand(!source.IsRunning || source.Unplug is null || source.Unplug.IsThere, "a device was not plugged in again");
                break;
            case MigrationState.Completed:
                Demand(!source.IsRunning, "the machine was sent and runs still");
                Demand(source.Unplug is null || !source.Unplug.IsThere, "a device that had to leave has not");
                break;
            case MigrationState.PostcopyPaused:
                Demand(!source.IsRunning, "the machine was sent and runs still");
                break;
        }
        var isWhole = arrived == MigrationState.Completed;
        Demand(!isWhole || destination.IsRunning, "everything arrived and the machine stands still");
        if (isWhole) Compare();
        Demand(!scenario.MustComplete || (isWhole && left == MigrationState.Completed), $"nothing was in the way, and it ended as {left} and {arrived}: {outgoingFailure}; {incomingFailure}");
        Demand(scenario.CutAfterRun is null || isWhole, $"the last connection held, and it ended as {left} and {arrived}: {outgoingFailure}; {incomingFailure}");
        var runsNowhere = left == MigrationState.Completed && !isWhole;
        Demand(!runsNowhere || lines.WasCut || scenario.CancelIncomingAfter is not null, "the source lets go of what the destination does not have");
        Demand(left != MigrationState.Completed || destination.Devices is not null, "the source was told that all arrived, and no devices did");
        var isGivenUp = left == MigrationState.PostcopyPaused && arrived == MigrationState.PostcopyPaused;
        var isCancelled = scenario.CancelAfter is not null || scenario.CancelIncomingAfter is not null;
        Demand(!isGivenUp || lines.IsExhausted || isCancelled || source.Handler is { CanPostcopy: true }, "both sides wait for a connection that they were not given");
        return new Outcome(left, arrived, scheduler.Steps, scheduler.Fingerprint, runsNowhere, scenario.Postcopy, scenario.IsStill, recoveries, brokenRecoveries);
    }

    /// <summary>
    /// The package was sent and the connection broke, or it was cancelled then; or a machine that stood still was sent whole, and it was too late to cancel:
    /// the machine is the destination's.
    /// </summary>
    private bool DestinationOwned => !source.IsRunning
        && ((SourceState == MigrationState.Cancelled && scenario.Postcopy) || (scenario.IsStill && SourceState == MigrationState.Failed && outgoingFailure is OperationCanceledException));

    private void Compare()
    {
        if (destination.Memory.FirstDifference(destination.Expected) is { } page)
            throw new SimulationException($"page {page.PageIndex} of block {page.BlockIndex} is not what the machine had and wrote");
        Demand(!source.IsRunning && source.Memory.FirstDifference(source.AtStop) is null, "the machine wrote after it was stopped");
        Demand(destination.Devices!.Sections.Zip(source.Devices.Sections).All(pair => pair.First.Body.Span.SequenceEqual(pair.Second.Body.Span)), "the devices differ");
        Demand(source.Handler is null || source.Handler.Numbers.SequenceEqual(destination.Loader!.Numbers), "a live section beside RAM differs");
        Demand(destination.Loader is null || destination.Loader.SwitchoversSeen == (scenario.SwitchoverStart ? 1 : 0), "the word that the machine stands still was lost");
    }

    private static void Demand(bool isTrue, string otherwise)
    {
        if (!isTrue) throw new SimulationException(otherwise);
    }
}
