namespace Savevm.Migration.Core;

/// <summary>
/// The destination of a migration without its I/O: takes what the stream says and what was done, says what is to be done. One thread takes the
/// steps; any thread may look.
/// </summary>
public sealed class IncomingCore
{
    private volatile IncomingPhaseRow row = IncomingPhaseTable.RowOf(IncomingPhase.Idle);

    /// <summary>The phase.</summary>
    public IncomingPhase Phase => row.Phase;

    /// <summary>What is to be done now.</summary>
    public IncomingAction Action => row.Action;

    /// <summary>What the world sees.</summary>
    public MigrationState State { get; private set; }

    /// <summary>The machine may run here.</summary>
    public bool IsOurs => row.Authority == Authority.Destination;

    /// <summary>Nothing is left to do.</summary>
    public bool IsOver => row.Action == IncomingAction.None && row.Phase != IncomingPhase.Idle;

    /// <summary>Called after every change of <see cref="State"/>, on the thread that took the step.</summary>
    public Action<MigrationState>? StateChanged { get; init; }

    /// <summary>Something happened, or was read at an offset of the stream.</summary>
    /// <exception cref="Wire.WireException">The stream says what it may not say now.</exception>
    public void Step(IncomingInput input, long offset)
    {
        row = IncomingPhaseTable.RowOf(IncomingPhaseTable.Step(row.Phase, input, offset));
        if (row.State == State) return;
        MigrationStateTable.DemandIncoming(State, row.State);
        State = row.State;
        StateChanged?.Invoke(State);
    }
}
