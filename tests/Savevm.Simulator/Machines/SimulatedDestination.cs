using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.Simulator.Scheduling;

namespace Savevm.Simulator.Machines;

/// <summary>A machine that is received, and that runs, in postcopy, while its pages are still under way.</summary>
internal sealed class SimulatedDestination : IRamSink, IFaultSource, IDeviceStateSink, IMachineControl, IDisposable
{
    private const int ManyAccesses = 150;

    private readonly Scheduler scheduler;
    private readonly Scenario scenario;
    private readonly bool[][] present;
    private readonly bool[][] asked;
    private readonly Queue<PageAddress> faults = new();
    private bool areMissing;
    private int accesses;

    public SimulatedDestination(Scheduler scheduler, Scenario scenario)
    {
        (this.scheduler, this.scenario) = (scheduler, scenario);
        Memory = new SimulatedMemory(scenario.Blocks);
        Expected = new SimulatedMemory(scenario.Blocks);
        present = [.. scenario.Blocks.Select(block => new bool[block.PageCount])];
        asked = [.. scenario.Blocks.Select(block => new bool[block.PageCount])];
        Loader = scenario.HasHandler ? new SimulatedLoader(scheduler, scenario.SwitchoverAck && scenario.LoaderNeedsApproval) : null;
    }

    public SimulatedMemory Memory { get; }

    /// <summary>What the machine must find: what it had when it stopped, and what it wrote since.</summary>
    public SimulatedMemory Expected { get; }

    public SimulatedLoader? Loader { get; }

    public DeviceState? Devices { get; private set; }

    public bool IsRunning { get; private set; }

    /// <summary>Asked before it is let run.</summary>
    public required SimulatedSource Source { get; init; }

    /// <summary>Called when it runs.</summary>
    public Action? Started { get; init; }

    public DestinationMachine AsDestination() => new(this, this, this, this) { Loaders = Loader is null ? [] : [Loader] };

    /// <summary>What its processor does, until it is told that all is over: looks at each page before it writes to it.</summary>
    public void Run(Func<bool> isOver)
    {
        while (!isOver())
        {
            if (!scheduler.Wait(() => IsRunning || isOver(), Timeout.InfiniteTimeSpan) || scheduler.Wait(isOver, scenario.WritePause * (++accesses < ManyAccesses ? 1 : 50))) continue;
            var page = Memory.Any(scheduler.Random);
            if (!Touch(page, isOver)) return;
            if (Memory.Word(page) != Expected.Word(page)) throw new SimulationException($"the machine read {Memory.Word(page):x} in page {page} where {Expected.Word(page):x} was");
            var value = Memory.Word(page) + 1;
            Memory.SetWord(page, value);
            Expected.SetWord(page, value);
        }
    }

    public void Start()
    {
        if (Source.IsRunning) throw new SimulationException("the machine runs at the source and is started at the destination");
        Expected.CopyFrom(Source.AtStop);
        IsRunning = true;
        Started?.Invoke();
    }

    public void Stop() => throw new SimulationException("a destination's machine is stopped");

    public void DeclareBlocks(IReadOnlyList<RamBlock> blocks)
    {
        if (!blocks.SequenceEqual(scenario.Blocks)) throw new SimulationException("the blocks are not those of the source");
    }

    public IPageWriter OpenWriter() => new SimulatedWriter(this);

    public void Discard(int blockIndex, long firstPage, long pageCount)
    {
        if (areMissing) throw new SimulationException("pages are discarded while the machine may run");
        for (var page = firstPage; page < firstPage + pageCount; page++)
        {
            present[blockIndex][page] = false;
            Memory.Page(blockIndex, page).Fill(0xdd);
        }
    }

    public void Begin(IReadOnlyList<RamBlock> blocks) => areMissing = true;

    public bool WaitForFault(CancellationToken cancellationToken, out PageAddress page)
    {
        scheduler.Wait(() => faults.Count > 0 || cancellationToken.IsCancellationRequested, Timeout.InfiniteTimeSpan);
        page = default;
        return !cancellationToken.IsCancellationRequested && faults.TryDequeue(out page);
    }

    public void End()
    {
        if (present.Any(block => block.Contains(false))) throw new SimulationException("postcopy ended and pages are missing");
    }

    public void AcceptConfiguration(string? machineName, ReadOnlyMemory<byte> subsections)
    {
        if (machineName != "simulated") throw new SimulationException($"the machine is called {machineName}");
    }

    public void AcceptDevices(DeviceState state)
    {
        scheduler.Yield();
        if (scenario.RefusesDevices) throw new MachineRefusedException("these devices are not ours");
        Devices = state;
    }

    public void Dispose()
    {
        Memory.Dispose();
        Expected.Dispose();
    }

    private bool Touch(PageAddress page, Func<bool> isOver)
    {
        if (!areMissing || present[page.BlockIndex][page.PageIndex]) return true;
        if (!asked[page.BlockIndex][page.PageIndex])
        {
            asked[page.BlockIndex][page.PageIndex] = true;
            faults.Enqueue(page);
        }
        scheduler.Wait(() => present[page.BlockIndex][page.PageIndex] || isOver(), Timeout.InfiniteTimeSpan);
        return present[page.BlockIndex][page.PageIndex];
    }

    private sealed class SimulatedWriter(SimulatedDestination machine) : IPageWriter
    {
        public void WritePage(int blockIndex, long pageIndex, ReadOnlySpan<byte> page)
        {
            Arrive(blockIndex, pageIndex);
            page.CopyTo(machine.Memory.Page(blockIndex, pageIndex));
            machine.present[blockIndex][pageIndex] = true;
        }

        public void WriteZeroPage(int blockIndex, long pageIndex)
        {
            Arrive(blockIndex, pageIndex);
            machine.Memory.Page(blockIndex, pageIndex).Clear();
            machine.present[blockIndex][pageIndex] = true;
        }

        public void Flush()
        {
        }

        public void Dispose()
        {
        }

        private void Arrive(int blockIndex, long pageIndex)
        {
            if (machine.areMissing && machine.present[blockIndex][pageIndex])
                throw new SimulationException($"page {pageIndex} of block {blockIndex} arrives, and the machine has it already");
        }
    }
}
