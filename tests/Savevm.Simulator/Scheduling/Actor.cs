namespace Savevm.Simulator.Scheduling;

/// <summary>A thread that runs only when it is its turn.</summary>
internal sealed class Actor
{
    private readonly Scheduler scheduler;
    private readonly Turn turn = new();
    private Func<bool>? condition;
    private SimulationException? broken;

    /// <summary>The thread that waits for the others.</summary>
    public Actor(Scheduler scheduler, string name)
    {
        this.scheduler = scheduler;
        Name = name;
    }

    /// <summary>A thread of its own.</summary>
    public Actor(Scheduler scheduler, string name, Action body)
        : this(scheduler, name)
    {
        condition = static () => true;
        var thread = new Thread(() => Run(body), 512 << 10) { IsBackground = true, Name = name };
        thread.Start();
    }

    public string Name { get; }

    public bool HasEnded { get; private set; }

    /// <summary>When it goes on whatever else is.</summary>
    public long Deadline { get; private set; } = long.MaxValue;

    /// <summary>What it threw.</summary>
    public Exception? Failure { get; private set; }

    public bool IsReady(long now) => !HasEnded && condition is not null && (Deadline <= now || condition());

    /// <summary>Gives the turn to somebody, and waits for its own.</summary>
    public void Wait(Func<bool> until, long deadline, TimeSpan? wallTime = null)
    {
        (condition, Deadline) = (until, deadline);
        if (Pass() is { } next && next != this)
        {
            next.turn.Give();
            if (!turn.Await(wallTime ?? Timeout.InfiniteTimeSpan)) throw new SimulationException("somebody waits outside of the simulation");
        }
        if (broken is not null) throw broken;
        (condition, Deadline) = (null, long.MaxValue);
    }

    /// <summary>Ends its wait with a failure; for the one who reports it.</summary>
    internal void Break(SimulationException failure)
    {
        broken = failure;
        turn.Give();
    }

    /// <summary>Who is next. When nobody can be, the thread that waits for all hears why, and this one, whose code shall not see it, waits for ever.</summary>
    private Actor? Pass()
    {
        try
        {
            return scheduler.Next();
        }
        catch (SimulationException failure)
        {
            scheduler.Break(failure);
            turn.Await(Timeout.InfiniteTimeSpan);
            return null;
        }
    }

    private void Run(Action body)
    {
        turn.Await(Timeout.InfiniteTimeSpan);
        Scheduler.Enter(this);
        (condition, Deadline) = (null, long.MaxValue);
        try
        {
            body();
        }
        catch (Exception failure)
        {
            Failure = failure;
        }
        HasEnded = true;
        Pass()?.turn.Give();
    }
}
