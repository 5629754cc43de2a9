using Savevm.Migration.Core;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>The threads and the clock of this process, and who of the threads is left.</summary>
internal sealed class CountedThreads : Surroundings
{
    private readonly List<IEngineThread> threads = [];

    public override TimeProvider Time => Real.Time;

    public int Started
    {
        get
        {
            lock (threads) return threads.Count;
        }
    }

    public int Alive
    {
        get
        {
            lock (threads) return threads.Count(thread => thread.IsAlive);
        }
    }

    public override void Sleep(TimeSpan duration) => Real.Sleep(duration);

    public override IEngineThread Start(string name, Action body)
    {
        var thread = Real.Start(name, body);
        lock (threads) threads.Add(thread);
        return thread;
    }
}
