using Savevm.Simulator.Scheduling;
using Savevm.Transport;
using Savevm.Transport.Layers;

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
    private readonly Queue<ChannelSet>[] given = [new(), new()];
    private readonly List<SimulatedPipe> pipes = [];
    private SimulatedChannel? first;

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
    public (ChannelSet Source, ChannelSet Destination) Connect((long? AfterSent, long? AfterAnswered) cut)
    {
        var (source, destination) = Pair(cut);
        first ??= source;
        if (!scenario.Preempt) return (new ChannelSet(source), new ChannelSet(destination));
        var (urgent, received) = Pair((scenario.PreemptCuts.ElementAtOrDefault(Given), null));
        return (new ChannelSet(source, scenario.PreemptIsLate ? new DeferredChannel("requested pages", () => urgent) : urgent), new ChannelSet(destination, received));
    }

    /// <summary>The machine runs at the destination now: the first line breaks when so many bytes more have passed, in one of its directions.</summary>
    public void BreakSoon((long? AfterSent, long? AfterAnswered) more) => first!.CutSoon(more.AfterSent, more.AfterAnswered);

    /// <summary>A new line for the source; null when there is none.</summary>
    public ChannelSet? ForSource(Func<bool> isOtherOver, CancellationToken cancellationToken) => Wait(Source, Destination, isOtherOver, cancellationToken);

    /// <summary>A new line for the destination; null when there is none.</summary>
    public ChannelSet? ForDestination(Func<bool> isOtherOver, CancellationToken cancellationToken) => Wait(Destination, Source, isOtherOver, cancellationToken);

    private ChannelSet? Wait(int self, int other, Func<bool> isOtherOver, CancellationToken cancellationToken)
    {
        isWaiting[self] = true;
        scheduler.Wait(() => given[self].Count > 0 || isWaiting[other] || isOtherOver() || cancellationToken.IsCancellationRequested, Patience);
        isWaiting[self] = false;
        if (given[self].TryDequeue(out var mine)) return mine;
        if (!isWaiting[other] || IsExhausted || cancellationToken.IsCancellationRequested) return null;
        var cut = scenario.Reconnections[Given++];
        var ends = Connect(cut);
        isWaiting[other] = false;
        given[other].Enqueue(other == Source ? ends.Source : ends.Destination);
        return self == Source ? ends.Source : ends.Destination;
    }

    private (SimulatedChannel Source, SimulatedChannel Destination) Pair((long? AfterSent, long? AfterAnswered) cut)
    {
        var (capacity, maxPiece, maxDelay) = scenario.Line;
        var forward = new SimulatedPipe(scheduler, capacity, maxPiece, maxDelay, scenario.LosesAtCut);
        var back = new SimulatedPipe(scheduler, int.MaxValue, int.MaxValue, maxDelay, scenario.LosesAtCut);
        pipes.AddRange([forward, back]);
        return (
            new SimulatedChannel(scheduler, "source", back, forward, mayWait: true) { CutAfter = cut.AfterSent },
            new SimulatedChannel(scheduler, "destination", forward, back, mayWait: false) { CutAfter = cut.AfterAnswered });
    }

    private long NextArrival()
    {
        var next = long.MaxValue;
        foreach (var pipe in pipes)
            if (pipe.NextArrival is var at && at > scheduler.Now) next = Math.Min(next, at);
        return next;
    }
}
