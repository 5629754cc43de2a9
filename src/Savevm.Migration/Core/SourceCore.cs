namespace Savevm.Migration.Core;

/// <summary>
/// The source of a migration without its I/O: takes events, says what is to be done. Drivers do it, and a simulator can be one.
/// One thread takes the steps; any thread may look.
/// </summary>
public sealed class SourceCore
{
    private readonly Lock gate = new();
    private volatile SourcePhaseRow row = SourcePhaseTable.RowOf(SourcePhase.Idle);

    /// <summary>The phase.</summary>
    public SourcePhase Phase => row.Phase;

    /// <summary>What is to be done now.</summary>
    public SourceAction Action => row.Action;

    /// <summary>What the world sees.</summary>
    public MigrationState State { get; private set; }

    /// <summary>The machine may run here, and goes on here after a failure.</summary>
    public bool IsOurs => row.Authority == Authority.Source;

    /// <summary>Nothing is left to do.</summary>
    public bool IsOver => row.Action == SourceAction.None && row.Phase != SourcePhase.Idle;

    /// <summary>Called after every change of <see cref="State"/>, on the thread that took the step.</summary>
    public Action<MigrationState>? StateChanged { get; init; }

    /// <summary>Something happened.</summary>
    /// <exception cref="InvalidOperationException">That cannot happen now; a bug of ours.</exception>
    public void Step(SourceEvent happened)
    {
        lock (gate)
        {
            row = SourcePhaseTable.RowOf(SourcePhaseTable.Step(row.Phase, happened));
            if (row.State is not { } seen || seen == State) return;
            MigrationStateTable.DemandOutgoing(State, seen);
            State = seen;
        }
        StateChanged?.Invoke(State);
    }
}
