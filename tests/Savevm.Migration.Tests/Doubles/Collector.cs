namespace Savevm.Migration.Tests.Doubles;

/// <summary>Collects garbage all the while.</summary>
internal sealed class Collector : IDisposable
{
    private readonly Thread thread;
    private volatile bool ends;

    public Collector()
    {
        thread = new Thread(() =>
        {
            while (!ends)
            {
                GC.Collect();
                Count++;
                Thread.Sleep(1);
            }
        })
        { IsBackground = true };
        thread.Start();
    }

    public int Count { get; private set; }

    public void Dispose()
    {
        ends = true;
        thread.Join();
    }
}
