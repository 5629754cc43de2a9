using System.Collections.Frozen;

namespace Savevm.Migration.Core;

/// <summary>
/// The source of a migration as two tables: what is done in each phase, and which phase follows on what. What follows on a failure or on a
/// cancellation is not chosen phase by phase, but by who has the machine: that is the promise that it runs on exactly one side.
/// </summary>
public static class SourcePhaseTable
{
    /// <summary>Every phase.</summary>
    public static IReadOnlyList<SourcePhaseRow> Phases { get; } =
    [
        new(SourcePhase.Idle, SourceAction.None, MigrationState.None, Authority.Source),
        new(SourcePhase.Opening, SourceAction.WriteOpening, MigrationState.Setup, Authority.Source),
        new(SourcePhase.Unplugging, SourceAction.AwaitUnplug, MigrationState.WaitUnplug, Authority.Source),
        new(SourcePhase.Sending, SourceAction.SendLive, MigrationState.Active, Authority.Source),
        new(SourcePhase.Judging, SourceAction.CollectPending, MigrationState.Active, Authority.Source),
        new(SourcePhase.Acknowledging, SourceAction.AwaitAcknowledgement, MigrationState.Active, Authority.Source),
        new(SourcePhase.Stopping, SourceAction.StopMachine, MigrationState.Active, Authority.Source),
        new(SourcePhase.Releasing, SourceAction.Release, MigrationState.PreSwitchover, Authority.Source),
        new(SourcePhase.Draining, SourceAction.SendRest, MigrationState.Device, Authority.Source),
        new(SourcePhase.Handing, SourceAction.WriteDevices, MigrationState.Device, Authority.Source),
        new(SourcePhase.Committing, SourceAction.WriteEnd, MigrationState.Device, Authority.Source),
        new(SourcePhase.Confirming, SourceAction.AwaitShut, MigrationState.Device, Authority.Source),
        new(SourcePhase.PostcopyStopping, SourceAction.StopMachine, MigrationState.Active, Authority.Source),
        new(SourcePhase.PostcopyReleasing, SourceAction.Release, MigrationState.PreSwitchover, Authority.Source),
        new(SourcePhase.Packaging, SourceAction.WritePackage, MigrationState.Device, Authority.Source),
        new(SourcePhase.Serving, SourceAction.ServePages, MigrationState.PostcopyActive, Authority.Destination),
        new(SourcePhase.Ending, SourceAction.WritePostcopyEnd, MigrationState.PostcopyActive, Authority.Destination),
        new(SourcePhase.PostcopyConfirming, SourceAction.AwaitShut, MigrationState.PostcopyActive, Authority.Destination),
        new(SourcePhase.HandingBack, SourceAction.HandBack, null, Authority.Source),
        new(SourcePhase.Completed, SourceAction.None, MigrationState.Completed, Authority.Destination),
        new(SourcePhase.Paused, SourceAction.AwaitConnection, MigrationState.PostcopyPaused, Authority.Destination),
        new(SourcePhase.Recovering, SourceAction.Resume, MigrationState.PostcopyRecover, Authority.Destination),
        new(SourcePhase.Failed, SourceAction.None, MigrationState.Failed, Authority.Source),
        new(SourcePhase.Cancelled, SourceAction.None, MigrationState.Cancelled, Authority.Source),
    ];

    /// <summary>What follows when all goes well.</summary>
    public static IReadOnlyList<SourceStep> Steps { get; } =
    [
        new(SourcePhase.Idle, SourceEvent.Begin, SourcePhase.Opening),
        new(SourcePhase.Idle, SourceEvent.TakeUp, SourcePhase.Recovering),
        new(SourcePhase.Opening, SourceEvent.Done, SourcePhase.Sending),
        new(SourcePhase.Opening, SourceEvent.UnplugWanted, SourcePhase.Unplugging),
        new(SourcePhase.Unplugging, SourceEvent.Done, SourcePhase.Sending),
        new(SourcePhase.Sending, SourceEvent.Done, SourcePhase.Sending),
        new(SourcePhase.Sending, SourceEvent.RoundEnded, SourcePhase.Judging),
        new(SourcePhase.Sending, SourceEvent.Postcopy, SourcePhase.PostcopyStopping),
        new(SourcePhase.Judging, SourceEvent.Iterate, SourcePhase.Sending),
        new(SourcePhase.Judging, SourceEvent.SwitchOver, SourcePhase.Stopping),
        new(SourcePhase.Judging, SourceEvent.Postcopy, SourcePhase.PostcopyStopping),
        new(SourcePhase.Judging, SourceEvent.AcknowledgeWanted, SourcePhase.Acknowledging),
        // However long it took: the machine has written meanwhile, and that is sent before it is asked again.
        new(SourcePhase.Acknowledging, SourceEvent.Done, SourcePhase.Sending),
        new(SourcePhase.Stopping, SourceEvent.Done, SourcePhase.Draining),
        new(SourcePhase.Stopping, SourceEvent.ReleaseWanted, SourcePhase.Releasing),
        new(SourcePhase.Releasing, SourceEvent.Done, SourcePhase.Draining),
        new(SourcePhase.Draining, SourceEvent.Done, SourcePhase.Handing),
        new(SourcePhase.Handing, SourceEvent.Done, SourcePhase.Committing),
        new(SourcePhase.Committing, SourceEvent.Done, SourcePhase.Confirming),
        new(SourcePhase.Confirming, SourceEvent.Done, SourcePhase.Completed),
        new(SourcePhase.PostcopyStopping, SourceEvent.Done, SourcePhase.Packaging),
        new(SourcePhase.PostcopyStopping, SourceEvent.ReleaseWanted, SourcePhase.PostcopyReleasing),
        new(SourcePhase.PostcopyReleasing, SourceEvent.Done, SourcePhase.Packaging),
        new(SourcePhase.Packaging, SourceEvent.Done, SourcePhase.Serving),
        new(SourcePhase.Serving, SourceEvent.Done, SourcePhase.Ending),
        new(SourcePhase.Ending, SourceEvent.Done, SourcePhase.PostcopyConfirming),
        new(SourcePhase.PostcopyConfirming, SourceEvent.Done, SourcePhase.Completed),
        new(SourcePhase.Paused, SourceEvent.Done, SourcePhase.Recovering),
        new(SourcePhase.Recovering, SourceEvent.Done, SourcePhase.Serving),
        new(SourcePhase.HandingBack, SourceEvent.Failure, SourcePhase.Failed),
        new(SourcePhase.HandingBack, SourceEvent.Cancel, SourcePhase.Cancelled),
    ];

    private static readonly FrozenDictionary<SourcePhase, SourcePhaseRow> Rows = Phases.ToFrozenDictionary(row => row.Phase);

    private static readonly FrozenDictionary<(SourcePhase, SourceEvent), SourcePhase> Next =
        Steps.ToFrozenDictionary(step => (step.Phase, step.Event), step => step.Next);

    /// <summary>The row of a phase.</summary>
    public static SourcePhaseRow RowOf(SourcePhase phase) => Rows[phase];

    /// <summary>
    /// Whether its owner can still take it back: from the end mark on the destination may have begun, and a connection that we broke then could
    /// hide its word that it has.
    /// </summary>
    public static bool CanCancel(SourcePhase phase) => phase is not (SourcePhase.Committing or SourcePhase.Confirming);

    /// <summary>The phase after an event.</summary>
    /// <exception cref="InvalidOperationException">That cannot happen in this phase; a bug of ours.</exception>
    public static SourcePhase Step(SourcePhase phase, SourceEvent @event)
    {
        if (Next.TryGetValue((phase, @event), out var next)) return next;
        var isOver = phase is SourcePhase.Completed or SourcePhase.Failed or SourcePhase.Cancelled;
        if (isOver || @event is not (SourceEvent.Failure or SourceEvent.Cancel)) throw new InvalidOperationException($"{@event} cannot happen in phase {phase}");
        if (@event == SourceEvent.Cancel && !CanCancel(phase)) return phase;
        if (Rows[phase].Authority == Authority.Source) return SourcePhase.HandingBack;
        return @event == SourceEvent.Cancel ? SourcePhase.Cancelled : SourcePhase.Paused;
    }
}
