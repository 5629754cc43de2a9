namespace Savevm.Simulator.Scheduling;

/// <summary>
/// Lets threads run one at a time, in an order that one number decides, on a clock that only moves when they do. So a run is repeated exactly
/// by its number, however the threads of this process are scheduled.
/// </summary>
internal sealed class Scheduler(int seed)
{
    /// <summary>Ticks of 100 ns, as those of <see cref="TimeSpan"/>.</summary>
    public const long TicksPerMicrosecond = TimeSpan.TicksPerMicrosecond;

    // No migration of the sizes drawn here takes a tenth of it.
    private const int MaxSteps = 400_000;

    [ThreadStatic]
    private static Actor? running;

    private readonly List<Actor> actors = [];
    private readonly List<Actor> ready = [];
    private Actor? main;
    private int steps;

    /// <summary>One thread runs at a time: on one processor the turn goes from one to the next without waking another, which costs most of the time.</summary>
    public static void UseOneProcessor()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        var processors = process.ProcessorAffinity;
        process.ProcessorAffinity = processors & -processors;
    }

    /// <summary>Decides everything.</summary>
    public Random Random { get; } = new(seed);

    /// <summary>The clock.</summary>
    public long Now { get; private set; }

    /// <summary>Number of decisions so far: equal for equal runs.</summary>
    public int Steps => steps;

    /// <summary>What was decided, in one number: equal for equal runs.</summary>
    public ulong Fingerprint { get; private set; } = 14695981039346656037;

    /// <summary>Adds a thread; it runs when it is its turn.</summary>
    public Actor Start(string name, Action body)
    {
        var actor = new Actor(this, name, body);
        actors.Add(actor);
        return actor;
    }

    /// <summary>Runs until all threads that count have ended.</summary>
    /// <exception cref="SimulationException">They wait for each other, or never end.</exception>
    public void RunUntil(Func<bool> isOver, TimeSpan wallTime)
    {
        main = new Actor(this, "simulation");
        actors.Add(main);
        running = main;
        main.Wait(isOver, long.MaxValue, wallTime);
        actors.Remove(main);
    }

    /// <summary>The thread whose turn it is may lose it, and time passes.</summary>
    public void Yield()
    {
        Now += Random.Next(1, 200);
        if (Random.Next(10) == 0) Current.Wait(static () => true, long.MaxValue);
    }

    /// <summary>Waits; false when the time ran out before.</summary>
    public bool Wait(Func<bool> condition, TimeSpan timeout)
    {
        if (condition()) return true;
        var deadline = timeout == Timeout.InfiniteTimeSpan ? long.MaxValue : Now + Math.Max(0, timeout.Ticks);
        if (deadline <= Now) return false;
        Current.Wait(condition, deadline);
        return condition();
    }

    /// <summary>Does nothing for a while.</summary>
    public void Sleep(TimeSpan duration) => Wait(static () => false, duration);

    /// <summary>Notes what happened in the fingerprint.</summary>
    public void Note(long value) => Fingerprint = (Fingerprint ^ (ulong)value) * 1099511628211;

    /// <summary>Whose turn it is.</summary>
    private static Actor Current => running ?? throw new InvalidOperationException("A thread that is not simulated waits.");

    /// <summary>Nobody can go on: the one who waits for all hears why.</summary>
    internal void Break(SimulationException failure) => main?.Break(failure);

    internal static void Enter(Actor actor) => running = actor;

    /// <summary>Who is next; moves the clock where everybody waits for it.</summary>
    internal Actor Next()
    {
        if (++steps > MaxSteps) throw new SimulationException($"no end after {MaxSteps} steps: {Waiting}, at {Now / TicksPerMicrosecond} us");
        while (true)
        {
            ready.Clear();
            var earliest = long.MaxValue;
            foreach (var actor in actors)
            {
                if (actor.IsReady(Now)) ready.Add(actor);
                else if (!actor.HasEnded) earliest = Math.Min(earliest, actor.Deadline);
            }
            earliest = Math.Min(earliest, NextArrival?.Invoke() ?? long.MaxValue);
            if (ready.Count > 0)
            {
                var chosen = ready[Random.Next(ready.Count)];
                Note(actors.IndexOf(chosen) + (Now << 4));
                return chosen;
            }
            if (earliest == long.MaxValue) throw new SimulationException($"all wait for each other: {Waiting}");
            Now = Math.Max(Now, earliest);
        }
    }

    /// <summary>When the next byte under way arrives; what waits for it is ready then.</summary>
    public Func<long>? NextArrival { get; set; }

    private string Waiting => string.Join(", ", actors.Where(actor => !actor.HasEnded).Select(actor => actor.Name));
}
