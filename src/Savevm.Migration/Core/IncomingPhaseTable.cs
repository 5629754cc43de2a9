using System.Collections.Frozen;
using Savevm.Wire;

namespace Savevm.Migration.Core;

/// <summary>
/// The order of a forward stream: which input is legal in which phase and where it leads. QEMU's destination accepts device
/// sections, parts and ends in any order once RAM was announced, and so do we; what is fixed is the order of postcopy commands
/// (<c>docs/wire-format.md</c>, 2.6 and 8.4.3).
/// </summary>
public static class IncomingPhaseTable
{
    /// <summary>One legal step.</summary>
    /// <param name="Phase">Phase before.</param>
    /// <param name="Input">What the stream said.</param>
    /// <param name="Next">Phase after.</param>
    public sealed record Row(IncomingPhase Phase, IncomingInput Input, IncomingPhase Next);

    /// <summary>Every phase.</summary>
    public static IReadOnlyList<IncomingPhaseRow> Phases { get; } =
    [
        new(IncomingPhase.Idle, IncomingAction.None, MigrationState.None, Authority.Source),
        new(IncomingPhase.Start, IncomingAction.ReadRecord, MigrationState.Setup, Authority.Source),
        new(IncomingPhase.Setup, IncomingAction.ReadRecord, MigrationState.Active, Authority.Source),
        new(IncomingPhase.Iterating, IncomingAction.ReadRecord, MigrationState.Active, Authority.Source),
        new(IncomingPhase.Completing, IncomingAction.ReadRecord, MigrationState.Active, Authority.Source),
        new(IncomingPhase.Advised, IncomingAction.ReadRecord, MigrationState.Active, Authority.Source),
        new(IncomingPhase.Discarded, IncomingAction.ReadRecord, MigrationState.Active, Authority.Source),
        new(IncomingPhase.Listening, IncomingAction.ReadRecord, MigrationState.Active, Authority.Source),
        new(IncomingPhase.Taking, IncomingAction.LoadDevices, MigrationState.Active, Authority.Source),
        new(IncomingPhase.Beginning, IncomingAction.StartMachine, MigrationState.Active, Authority.Source),
        new(IncomingPhase.Running, IncomingAction.ReadRecord, MigrationState.PostcopyActive, Authority.Destination),
        new(IncomingPhase.PostcopyConfirming, IncomingAction.SayShut, MigrationState.PostcopyActive, Authority.Destination),
        new(IncomingPhase.Describing, IncomingAction.ReadDescription, MigrationState.Active, Authority.Source),
        new(IncomingPhase.Loading, IncomingAction.LoadDevices, MigrationState.Active, Authority.Source),
        new(IncomingPhase.Confirming, IncomingAction.SayShut, MigrationState.Active, Authority.Source),
        new(IncomingPhase.Hearing, IncomingAction.AwaitEnd, MigrationState.Active, Authority.Source),
        new(IncomingPhase.Starting, IncomingAction.StartMachine, MigrationState.Active, Authority.Destination),
        new(IncomingPhase.Ended, IncomingAction.None, MigrationState.Completed, Authority.Destination),
        new(IncomingPhase.Paused, IncomingAction.AwaitConnection, MigrationState.PostcopyPaused, Authority.Destination),
        new(IncomingPhase.Recovering, IncomingAction.ReadRecord, MigrationState.PostcopyRecover, Authority.Destination),
        new(IncomingPhase.Failed, IncomingAction.None, MigrationState.Failed, Authority.Source),
        new(IncomingPhase.Cancelled, IncomingAction.None, MigrationState.Cancelled, Authority.Source),
    ];

    /// <summary>Every legal step.</summary>
    public static IReadOnlyList<Row> Rows { get; } =
    [
        new(IncomingPhase.Idle, IncomingInput.Begin, IncomingPhase.Start),
        new(IncomingPhase.Start, IncomingInput.Header, IncomingPhase.Setup),
        new(IncomingPhase.Setup, IncomingInput.Configuration, IncomingPhase.Setup),
        new(IncomingPhase.Setup, IncomingInput.NeutralCommand, IncomingPhase.Setup),
        new(IncomingPhase.Setup, IncomingInput.Device, IncomingPhase.Setup),
        new(IncomingPhase.Setup, IncomingInput.LiveStart, IncomingPhase.Iterating),
        new(IncomingPhase.Setup, IncomingInput.Advise, IncomingPhase.Advised),
        new(IncomingPhase.Setup, IncomingInput.EndOfFile, IncomingPhase.Describing),
        new(IncomingPhase.Iterating, IncomingInput.NeutralCommand, IncomingPhase.Iterating),
        new(IncomingPhase.Iterating, IncomingInput.LiveStart, IncomingPhase.Iterating),
        new(IncomingPhase.Iterating, IncomingInput.LivePart, IncomingPhase.Iterating),
        new(IncomingPhase.Iterating, IncomingInput.Device, IncomingPhase.Iterating),
        new(IncomingPhase.Iterating, IncomingInput.LiveEnd, IncomingPhase.Completing),
        new(IncomingPhase.Iterating, IncomingInput.EndOfFile, IncomingPhase.Describing),
        new(IncomingPhase.Completing, IncomingInput.NeutralCommand, IncomingPhase.Completing),
        new(IncomingPhase.Completing, IncomingInput.LivePart, IncomingPhase.Completing),
        new(IncomingPhase.Completing, IncomingInput.LiveEnd, IncomingPhase.Completing),
        new(IncomingPhase.Completing, IncomingInput.Device, IncomingPhase.Completing),
        new(IncomingPhase.Completing, IncomingInput.EndOfFile, IncomingPhase.Describing),
        new(IncomingPhase.Advised, IncomingInput.NeutralCommand, IncomingPhase.Advised),
        new(IncomingPhase.Advised, IncomingInput.LiveStart, IncomingPhase.Advised),
        new(IncomingPhase.Advised, IncomingInput.LivePart, IncomingPhase.Advised),
        new(IncomingPhase.Advised, IncomingInput.Device, IncomingPhase.Advised),
        // Either postcopy was possible and was not used, and the stream ends like any precopy; or a section ended that cannot go on in postcopy.
        new(IncomingPhase.Advised, IncomingInput.LiveEnd, IncomingPhase.Advised),
        new(IncomingPhase.Advised, IncomingInput.EndOfFile, IncomingPhase.Describing),
        new(IncomingPhase.Advised, IncomingInput.Discard, IncomingPhase.Discarded),
        new(IncomingPhase.Advised, IncomingInput.Package, IncomingPhase.Advised),
        new(IncomingPhase.Discarded, IncomingInput.Discard, IncomingPhase.Discarded),
        new(IncomingPhase.Discarded, IncomingInput.NeutralCommand, IncomingPhase.Discarded),
        // Between two discards pages are taken as in precopy: QEMU does, and a source that discards first saves it huge pages.
        new(IncomingPhase.Discarded, IncomingInput.LivePart, IncomingPhase.Discarded),
        new(IncomingPhase.Discarded, IncomingInput.Package, IncomingPhase.Discarded),
        // A LISTEN without a discard before it makes QEMU wait for itself for ever; ours refuses it, so no test of ours can rely on it.
        new(IncomingPhase.Discarded, IncomingInput.Listen, IncomingPhase.Listening),
        new(IncomingPhase.Listening, IncomingInput.NeutralCommand, IncomingPhase.Listening),
        new(IncomingPhase.Listening, IncomingInput.Device, IncomingPhase.Listening),
        new(IncomingPhase.Listening, IncomingInput.Run, IncomingPhase.Taking),
        new(IncomingPhase.Taking, IncomingInput.Done, IncomingPhase.Beginning),
        new(IncomingPhase.Beginning, IncomingInput.Done, IncomingPhase.Running),
        new(IncomingPhase.Running, IncomingInput.NeutralCommand, IncomingPhase.Running),
        new(IncomingPhase.Running, IncomingInput.LivePart, IncomingPhase.Running),
        new(IncomingPhase.Running, IncomingInput.LiveEnd, IncomingPhase.Running),
        new(IncomingPhase.Running, IncomingInput.EndOfFile, IncomingPhase.PostcopyConfirming),
        new(IncomingPhase.Paused, IncomingInput.Done, IncomingPhase.Recovering),
        new(IncomingPhase.Recovering, IncomingInput.Bitmap, IncomingPhase.Recovering),
        new(IncomingPhase.Recovering, IncomingInput.Resume, IncomingPhase.Running),
        new(IncomingPhase.PostcopyConfirming, IncomingInput.Done, IncomingPhase.Ended),
        // Everything is here, whether the source hears of it or not.
        new(IncomingPhase.PostcopyConfirming, IncomingInput.Failure, IncomingPhase.Ended),
        new(IncomingPhase.PostcopyConfirming, IncomingInput.Cancel, IncomingPhase.Ended),
        new(IncomingPhase.Describing, IncomingInput.Done, IncomingPhase.Loading),
        new(IncomingPhase.Loading, IncomingInput.Done, IncomingPhase.Confirming),
        // The word to the source comes first: when it cannot be said the source goes on, and then we must not.
        new(IncomingPhase.Confirming, IncomingInput.Done, IncomingPhase.Hearing),
        new(IncomingPhase.Hearing, IncomingInput.Done, IncomingPhase.Starting),
        new(IncomingPhase.Starting, IncomingInput.Done, IncomingPhase.Ended),
    ];

    private static readonly FrozenDictionary<(IncomingPhase, IncomingInput), IncomingPhase> Steps =
        Rows.ToFrozenDictionary(row => (row.Phase, row.Input), row => row.Next);

    private static readonly FrozenDictionary<IncomingPhase, IncomingPhaseRow> PhaseRows = Phases.ToFrozenDictionary(row => row.Phase);

    /// <summary>The row of a phase.</summary>
    public static IncomingPhaseRow RowOf(IncomingPhase phase) => PhaseRows[phase];

    /// <summary>
    /// The phase after <paramref name="input"/>. What follows on a failure or on a cancellation is decided by who has the machine: before it is
    /// ours it stays where it came from, afterwards it waits here for its pages.
    /// </summary>
    /// <exception cref="WireException">The input is not legal in this phase; names both.</exception>
    public static IncomingPhase Step(IncomingPhase phase, IncomingInput input, long offset)
    {
        if (Steps.TryGetValue((phase, input), out var next)) return next;
        var isOver = PhaseRows[phase].Action == IncomingAction.None && phase != IncomingPhase.Idle;
        if (isOver || input is not (IncomingInput.Failure or IncomingInput.Cancel)) throw new WireException(offset, $"{input} is not allowed in phase {phase}");
        if (phase is IncomingPhase.Running or IncomingPhase.Recovering or IncomingPhase.Paused) return IncomingPhase.Paused;
        return input == IncomingInput.Cancel ? IncomingPhase.Cancelled : IncomingPhase.Failed;
    }
}
