using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.Simulator.Scheduling;

namespace Savevm.Simulator.Machines;

/// <summary>A machine that writes to its RAM while it is sent. It is all parts that a live migration wants of one.</summary>
internal sealed class SimulatedSource : IRamSource, IDeviceStateSource, IMachineControl, IGuestThrottle, IDisposable
{
    private const ulong ManyWrites = 150;

    private readonly Scheduler scheduler;
    private readonly Scenario scenario;
    private readonly SimulatedTracker tracker;
    private bool isWriting;
    private ulong writes;

    public SimulatedSource(Scheduler scheduler, Scenario scenario)
    {
        (this.scheduler, this.scenario) = (scheduler, scenario);
        Memory = new SimulatedMemory(scenario.Blocks);
        AtStop = new SimulatedMemory(scenario.Blocks);
        tracker = new SimulatedTracker(scheduler, scenario.Blocks) { Loses = scenario.LosesWrites };
        foreach (var block in scenario.Blocks)
            for (long page = 0; page < block.PageCount; page++)
                if (scheduler.Random.Next(3) != 0) scheduler.Random.NextBytes(Memory.Page(block.Index, page)[..64]);
        Handler = scenario.HasHandler ? new SimulatedHandler(scheduler) { CanPostcopy = scenario.HandlerCanPostcopy } : null;
        Unplug = scenario.UnplugAfter is { } after ? new SimulatedUnplug(scheduler, after, scenario.RefusesUnplug) : null;
        var body = new byte[scheduler.Random.Next(300)];
        scheduler.Random.NextBytes(body);
        Devices = new DeviceState
        {
            MachineName = "simulated",
            RamSectionId = 100,
            Sections = [new DeviceSection("timer", 0, 2, 2, new byte[24]), new DeviceSection("other", 1, 1, 3, body)],
        };
    }

    public SimulatedMemory Memory { get; }

    /// <summary>What was in it when it stopped last.</summary>
    public SimulatedMemory AtStop { get; }

    public DeviceState Devices { get; }

    public SimulatedHandler? Handler { get; }

    public SimulatedUnplug? Unplug { get; }

    public IDirtyTracker Tracker => tracker;

    public bool IsRunning { get; private set; } = true;

    public int ThrottlePercent { get; private set; }

    /// <summary>Asked before it is let run again.</summary>
    public required Func<bool> RunsElsewhere { get; init; }

    public IReadOnlyList<RamBlock> Blocks => scenario.Blocks;

    public LiveMachine AsLive() => new(new MachineOutline("simulated", 1) { FirstFreeSectionId = 100 }, this, tracker, this, this)
    {
        Throttle = this,
        Handlers = Handler is null ? [] : [Handler],
        Unplug = Unplug,
    };

    /// <summary>As a machine that stands still is sent.</summary>
    public SourceMachine AsStill() => new(this, this, this);

    /// <summary>What its processor does, until it is told that all is over.</summary>
    public void Write(Func<bool> isOver)
    {
        while (!isOver())
        {
            // A machine that has written much has shown what it can: the rest of a long run it writes seldom, so that many runs are made.
            var pause = scenario.WritePause * (writes < ManyWrites ? 1 : 50) * (1 + (ThrottlePercent / 10));
            if (!scheduler.Wait(() => IsRunning || isOver(), Timeout.InfiniteTimeSpan) || scheduler.Wait(isOver, pause) || !IsRunning) continue;
            isWriting = true;
            var page = Memory.Any(scheduler.Random);
            // Now and then a page of zeros, and a write that is told of late.
            Memory.SetWord(page, scheduler.Random.Next(20) == 0 ? 0 : ++writes << 8);
            scheduler.Yield();
            tracker.Note(page);
            if (scheduler.Random.Next(8) == 0) Handler?.Add();
            isWriting = false;
        }
    }

    public void Stop()
    {
        IsRunning = false;
        scheduler.Wait(() => !isWriting, Timeout.InfiniteTimeSpan);
        AtStop.CopyFrom(Memory);
    }

    public void Start()
    {
        if (RunsElsewhere()) throw new SimulationException("the machine runs at the destination and is started at the source");
        IsRunning = true;
    }

    public void Throttle(int percent) => ThrottlePercent = percent;

    public IPageReader OpenReader() => new SimulatedReader(scheduler, Memory);

    public DeviceState Save() => IsRunning ? throw new SimulationException("devices are saved while the machine runs") : Devices;

    public void Dispose()
    {
        Memory.Dispose();
        AtStop.Dispose();
        tracker.Dispose();
    }

    /// <summary>Hands out RAM itself, as the reader of a machine in this process does.</summary>
    private sealed class SimulatedReader(Scheduler scheduler, SimulatedMemory memory) : IPageReader
    {
        public PageRun Read(int blockIndex, long firstPage, int maxPages)
        {
            scheduler.Yield();
            var limit = (int)Math.Min(maxPages, memory.Blocks[blockIndex].PageCount - firstPage);
            var isZero = IsZero(firstPage);
            var count = 1;
            while (count < limit && IsZero(firstPage + count) == isZero) count++;
            return isZero ? PageRun.Zero(count) : PageRun.Scanned(memory.Page(blockIndex, firstPage, count));

            bool IsZero(long page) => memory.Page(blockIndex, page).IndexOfAnyExcept((byte)0) < 0;
        }

        public void Dispose()
        {
        }
    }
}
