namespace Savevm.Machine;

/// <summary>The control of a machine that never runs: a snapshot. Starting and stopping it mean nothing.</summary>
public sealed class StandingMachine : IMachineControl
{
    /// <summary>The one instance; it has no state.</summary>
    public static StandingMachine Instance { get; } = new();

    /// <inheritdoc/>
    public void Stop()
    {
    }

    /// <inheritdoc/>
    public void Start()
    {
    }
}
