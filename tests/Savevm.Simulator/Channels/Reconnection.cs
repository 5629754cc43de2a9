using Savevm.Simulator.Scheduling;

namespace Savevm.Simulator.Channels;

/// <summary>Gives both sides of a broken connection a new one, when both want it; as often as the scenario has lines for.</summary>
internal sealed class Reconnection
{
    private const int Source = 0, Destination = 1;

    // Longer than any two threads of a run are apart.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Scheduler scheduler;
    private readonly Scenario scenario;
    private readonly bool[] isWaiting = new bool[2];
    private readonly Queue<SimulatedChannel>[] given = [new(), new()];
    private readonly List<SimulatedPipe> pipes = [];

    public Reconnection(Scheduler scheduler, Scenario scenario)
    {
        (this.scheduler, this.scenario) = (scheduler, scenario);
        scheduler.NextArrival = NextArrival;
    }

    /// <summary>Connections that were given after the first.</summary>
    public int Given { get; private set; }

    /// <summary>No more will be given.</summary>
    public bool IsExhausted => Given == scenario.Reconnections.Count;

    /// <summary>A line broke.</summary>
    public bool WasCut => pipes.Exists(pipe => pipe.IsCut);

    /// <summary>The two ends of a line.</summary>
    public (SimulatedChannel Source, SimulatedChannel Destination) Connect((long? AfterSent, long? AfterAnswered) cut)
    {
        var (capacity, maxPiece, maxDelay) = scenario.Line;
        var forward = new SimulatedPipe(scheduler, capacity, maxPiece, maxDelay, scenario.LosesAtCut);
        var back = new SimulatedPipe(scheduler, int.MaxValue, int.MaxValue, maxDelay, scenario.LosesAtCut);
        pipes.AddRange([forward, back]);
        return (
            new SimulatedChannel(scheduler, "source", back, forward, mayWait: true) { CutAfter = cut.AfterSent },
            new SimulatedChannel(scheduler, "destination", forward, back, mayWait: false) { CutAfter = cut.AfterAnswered });
    }

    /// <summary>A new line for the source; null when there is none.</summary>
    public SimulatedChannel? ForSource(Func<bool> isOtherOver, CancellationToken cancellationToken) => Wait(Source, Destination, isOtherOver, cancellationToken);

    /// <summary>A new line for the destination; null when there is none.</summary>
    public SimulatedChannel? ForDestination(Func<bool> isOtherOver, CancellationToken cancellationToken) => Wait(Destination, Source, isOtherOver, cancellationToken);

    private SimulatedChannel? Wait(int self, int other, Func<bool> isOtherOver, CancellationToken cancellationToken)
    {
        isWaiting[self] = true;
        scheduler.Wait(() => given[self].Count > 0 || isWaiting[other] || isOtherOver() || cancellationToken.IsCancellationRequested, Patience);
        isWaiting[self] = false;
        if (given[self].TryDequeue(out var mine)) return mine;
        if (!isWaiting[other] || IsExhausted || cancellationToken.IsCancellationRequested) return null;
        var ends = Connect(scenario.Reconnections[Given++]);
        isWaiting[other] = false;
        given[other].Enqueue(other == Source ? ends.Source : ends.Destination);
        return self == Source ? ends.Source : ends.Destination;
    }

    private long NextArrival()
    {
        var next = long.MaxValue;
        foreach (var pipe in pipes)
            if (pipe.NextArrival is var at && at > scheduler.Now) next = Math.Min(next, at);
        return next;
    }
}
