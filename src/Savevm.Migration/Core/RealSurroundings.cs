namespace Savevm.Migration.Core;

/// <summary>The clock and the threads of this process.</summary>
internal sealed class RealSurroundings : Surroundings
{
    public override TimeProvider Time => TimeProvider.System;

    public override void Sleep(TimeSpan duration) => Thread.Sleep(duration);

    public override IEngineThread Start(string name, Action body)
    {
        var thread = new Thread(() => body()) { IsBackground = true, Name = name };
        thread.Start();
        return new RealThread(thread);
    }

    private sealed class RealThread(Thread thread) : IEngineThread
    {
        public bool IsAlive => thread.IsAlive;

        public void Join() => thread.Join();
    }
}
