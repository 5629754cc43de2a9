using Savevm.Hosting.DirtyTracking;
using Savevm.Hosting.Ram;
using Savevm.Machine;
using Savevm.Machine.Ram;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>
/// A machine that writes to its RAM all the while: threads that put ever higher numbers at random places, and a control that really holds them.
/// </summary>
internal sealed class WritingMachine : IMachineControl, IGuestThrottle, IDisposable
{
    private readonly Lock gate = new();
    private readonly List<Thread> threads = [];
    private readonly List<string> calls = [];
    private readonly ManualResetEventSlim mayRun = new(initialState: true);
    private readonly int pause;
    private volatile bool ends;
    private int running, pages;
    private long writes;

    public WritingMachine(int seed, string? tracker, int writers = 2, int writtenPages = 1000, int pauseMicroseconds = 20, int mebibytes = 16)
    {
        pause = pauseMicroseconds;
        Ram = new GuestRam([new RamBlockLayout("ram", (long)mebibytes << 20), new RamBlockLayout("odd", 37 * RamBlock.PageSize), new RamBlockLayout("one", RamBlock.PageSize)]);
        var random = new Random(seed);
        var page = new byte[RamBlock.PageSize];
        for (var index = 0; index < mebibytes * 125; index++)
        {
            random.NextBytes(page);
            Ram.Hosted[0].Memory.Write(random.NextInt64(Ram.Blocks[0].PageCount) * RamBlock.PageSize, page);
        }
        Dirty = DirtyTrackerTable.Open(new TrackedMachine(Ram) { WritesByAccessorOnly = true }, tracker);
        pages = writtenPages;
        for (var writer = 0; writer < writers; writer++)
        {
            var thread = new Thread(() => Write(new Random((seed * 31) + writer))) { IsBackground = true };
            threads.Add(thread);
            thread.Start();
        }
    }

    public GuestRam Ram { get; }

    public IDirtyTracker Dirty { get; }

    public MemoryDevices Devices { get; } = MemoryDevices.Random(5);

    /// <summary>The largest share of its time that was taken from it.</summary>
    public int MostThrottled { get; private set; }

    public int Throttled { get; private set; }

    /// <summary>Called when it has been stopped.</summary>
    public Action? Stopped { get; set; }

    /// <summary>Some pages become zero again, one write in so many; 0 for none.</summary>
    public int ZeroEvery { get; init; }

    public long Writes => Volatile.Read(ref writes);

    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (calls) return [.. calls];
        }
    }

    public LiveMachine AsLive() => new(new MachineOutline("pc-test-1.0", 2), Ram.Direct, Dirty, Devices, this) { Throttle = this };

    /// <summary>From now on it writes to so few pages.</summary>
    public void Calm(int writtenPages) => Volatile.Write(ref pages, writtenPages);

    public void Stop()
    {
        lock (calls) calls.Add("stop");
        mayRun.Reset();
        // A writer that is in a write ends it first: standing still means that no store is on its way.
        SpinWait.SpinUntil(() => Volatile.Read(ref running) == 0);
        Stopped?.Invoke();
    }

    public void Start()
    {
        lock (calls) calls.Add("start");
        mayRun.Set();
    }

    public void Throttle(int percent)
    {
        Throttled = percent;
        MostThrottled = Math.Max(MostThrottled, percent);
    }

    /// <summary>Whether it writes right now.</summary>
    public bool IsWriting()
    {
        var before = Writes;
        return SpinWait.SpinUntil(() => Writes > before, TimeSpan.FromSeconds(5));
    }

    public byte[] Content(int block)
    {
        var bytes = new byte[Ram.Blocks[block].UsedLength];
        Ram.Hosted[block].Memory.Read(0, bytes);
        return bytes;
    }

    public void Dispose()
    {
        ends = true;
        mayRun.Set();
        foreach (var thread in threads) thread.Join();
        Dirty.Dispose();
        Ram.Dispose();
        mayRun.Dispose();
    }

    private void Write(Random random)
    {
        while (!ends)
        {
            mayRun.Wait();
            Interlocked.Increment(ref running);
            if (mayRun.IsSet)
            {
                // Also the last word of the last block: ends are where bitmaps go wrong.
                var block = random.Next(20) == 0 ? 1 + random.Next(2) : 0;
                var span = block == 0 ? (long)Volatile.Read(ref pages) * RamBlock.PageSize : Ram.Blocks[block].UsedLength;
                if (ZeroEvery > 0 && block == 0 && random.Next(ZeroEvery) == 0)
                    Ram.Hosted[0].Memory.Fill(random.NextInt64(span / RamBlock.PageSize) * RamBlock.PageSize, 0, RamBlock.PageSize);
                Ram.Hosted[block].Memory.WriteUInt64(random.NextInt64(span / 8) * 8, (ulong)Interlocked.Increment(ref writes));
            }
            Interlocked.Decrement(ref running);
            if (pause > 0) Thread.SpinWait(pause * (Throttled >= 99 ? 1000 : 10));
        }
    }
}
