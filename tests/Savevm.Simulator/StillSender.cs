using Savevm.Migration;
using Savevm.Migration.Core;
using Savevm.Migration.Outgoing;
using Savevm.Simulator.Machines;
using Savevm.Transport;

namespace Savevm.Simulator;

/// <summary>Sends a machine that stands still, by the engine that sends snapshots; and where it is so drawn, by another one after each break.</summary>
internal sealed class StillSender(
    SimulatedSource source, ChannelSet first, Scenario scenario, Surroundings surroundings, Func<CancellationToken, ChannelSet?> next, Action<MigrationState> note)
{
    private OutgoingMigration? engine;

    public MigrationState State => engine?.State ?? MigrationState.None;

    public void Run(CancellationToken cancellationToken)
    {
        engine = Engine(first);
        try
        {
            engine.Run(cancellationToken);
        }
        catch (Exception broken) when (scenario.IsTakenUp && engine.State == MigrationState.PostcopyPaused)
        {
            while (!TryTakeUp(broken, cancellationToken))
            {
            }
        }
    }

    private bool TryTakeUp(Exception broken, CancellationToken cancellationToken)
    {
        if (next(cancellationToken) is not { } line) throw broken;
        engine = Engine(line);
        try
        {
            engine.TakeUp(cancellationToken);
            return true;
        }
        catch (Exception) when (engine.State == MigrationState.PostcopyPaused)
        {
            return false;
        }
    }

    private OutgoingMigration Engine(ChannelSet channels) => new(source.AsStill(), channels, new OutgoingOptions
    {
        Postcopy = scenario.Postcopy,
        BandwidthBytesPerSecond = scenario.BytesPerSecond,
        Recovery = scenario.IsTakenUp ? null : (_, cancelled) => next(cancelled),
        Surroundings = surroundings,
    })
    { StateChanged = note };
}
