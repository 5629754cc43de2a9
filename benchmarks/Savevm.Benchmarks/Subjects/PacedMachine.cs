using System.Diagnostics;
using Savevm.Hosting.DirtyTracking;
using Savevm.Hosting.Ram;
using Savevm.Machine;
using Savevm.Machine.Ram;

namespace Savevm.Benchmarks.Subjects;

/// <summary>A machine whose RAM is full, and one thread of which writes to so many pages a second, each time another.</summary>
internal sealed class PacedMachine : IMachineControl, IDisposable
{
    private readonly ManualResetEventSlim _runs = new();
    private readonly Thread _writer;
    private readonly IDirtyTracker _dirty;
    private volatile bool _ends;
    private int _storing;
    private double _pagesPerSecond;

    public PacedMachine(int mebibytes)
    {
        Ram = new GuestRam([new RamBlockLayout("ram", (long)mebibytes << 20)]);
        byte[] chunk = new byte[1 << 20];
        var random = new Random(1);
        for (int i = 0; i < mebibytes; i++)
        {
            random.NextBytes(chunk);
            Ram.Hosted[0].Memory.Write((long)i << 20, chunk);
        }

        _dirty = DirtyTrackerTable.Open(new TrackedMachine(Ram) { WritesByAccessorOnly = true });
        _writer = new Thread(WritePages) { IsBackground = true };
        _writer.Start();
    }

    public GuestRam Ram { get; }

    public LiveMachine AsLive() => new(new MachineOutline("none", 1), Ram.Direct, _dirty, new NoDevices(), this);

    /// <summary>From now on, while it runs, it writes to pages of so many megabytes a second.</summary>
    public void Write(int megabytesPerSecond) => Volatile.Write(ref _pagesPerSecond, megabytesPerSecond * 1e6 / RamBlock.PageSize);

    public byte[] Content()
    {
        byte[] bytes = new byte[Ram.Blocks[0].UsedLength];
        Ram.Hosted[0].Memory.Read(0, bytes);
        return bytes;
    }

    public void Start() => _runs.Set();

    public void Stop()
    {
        _runs.Reset();
        SpinWait.SpinUntil(() => Volatile.Read(ref _storing) == 0);
    }

    public void Dispose()
    {
        _ends = true;
        _runs.Set();
        _writer.Join();
        _dirty.Dispose();
        Ram.Dispose();
        _runs.Dispose();
    }

    private void WritePages()
    {
        var random = new Random(2);
        GuestMemory memory = Ram.Hosted[0].Memory;
        long pages = memory.Length / RamBlock.PageSize;
        while (!_ends)
        {
            _runs.Wait();
            long begun = Stopwatch.GetTimestamp();
            double written = 0;
            while (_runs.IsSet && !_ends)
            {
                // In steps of a millisecond: what is due by now is written at once.
                Interlocked.Increment(ref _storing);
                for (double due = Stopwatch.GetElapsedTime(begun).TotalSeconds * Volatile.Read(ref _pagesPerSecond); written < due && _runs.IsSet; written++)
                {
                    memory.WriteUInt64(random.NextInt64(pages) * RamBlock.PageSize, (ulong)written);
                }

                Interlocked.Decrement(ref _storing);
                Thread.Sleep(1);
            }
        }
    }
}
