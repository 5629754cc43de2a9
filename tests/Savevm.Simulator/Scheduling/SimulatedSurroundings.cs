using Savevm.Migration.Core;

namespace Savevm.Simulator.Scheduling;

/// <summary>Clock and threads of engines in a simulation.</summary>
internal sealed class SimulatedSurroundings(Scheduler scheduler) : Surroundings
{
    public override TimeProvider Time { get; } = new SimulatedClock(scheduler);

    public override void Sleep(TimeSpan duration) => scheduler.Sleep(duration);

    public override IEngineThread Start(string name, Action body) => new SimulatedThread(scheduler, scheduler.Start(name, body));

    private sealed class SimulatedClock(Scheduler scheduler) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => scheduler.Now;
    }

    private sealed class SimulatedThread(Scheduler scheduler, Actor actor) : IEngineThread
    {
        public bool IsAlive => !actor.HasEnded;

        public void Join() => scheduler.Wait(() => actor.HasEnded, Timeout.InfiniteTimeSpan);
    }
}
