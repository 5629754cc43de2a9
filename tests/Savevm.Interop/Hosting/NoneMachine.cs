using Savevm.Hosting.Devices;
using Savevm.Hosting.DirtyTracking;
using Savevm.Hosting.Ram;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.VMState.Registries;
using Savevm.VMState.Tests.Devices;

namespace Savevm.Interop.Hosting;

/// <summary>QEMU's machine <c>none</c> in .NET: RAM, a timer, the global state; and, where wanted, threads that write to its RAM while it runs.</summary>
internal sealed class NoneMachine : IMachineControl, IDisposable
{
    private readonly List<Thread> _writers = [];
    private readonly ManualResetEventSlim _runs = new();
    private volatile bool _ends;
    private int _storing, _starts, _stops;
    private long _writes;

    public NoneMachine(int mebibytes, int writers = 0, string? tracker = null)
    {
        Ram = new GuestRam([new RamBlockLayout("ram", (long)mebibytes << 20)]);
        Dirty = DirtyTrackerTable.Open(new TrackedMachine(Ram) { WritesByAccessorOnly = true }, tracker);
        var registry = new DeviceRegistry();
        registry.Add(Timer, TimerDevice.StateDescription);
        registry.Add(State, GlobalStateDevice.StateDescription);
        State.Set("running");
        Devices = new HostedDevices("none", registry);
        for (int writer = 0; writer < writers; writer++)
        {
            var random = new Random(writer);
            var thread = new Thread(() => Write(random)) { IsBackground = true };
            _writers.Add(thread);
            thread.Start();
        }
    }

    public GuestRam Ram { get; }

    public IDirtyTracker Dirty { get; }

    public HostedDevices Devices { get; }

    public TimerDevice Timer { get; } = new() { CpuTicksOffset = 1234, CpuClockOffset = 5678 };

    public GlobalStateDevice State { get; } = new();

    /// <summary>Called when it stands still.</summary>
    public Action? Stopped { get; set; }

    public int Starts => _starts;

    public int Stops => _stops;

    public long Writes => Volatile.Read(ref _writes);

    public LiveMachine AsLive() => new(Devices.Outline, Ram.Direct, Dirty, Devices, this);

    public DestinationMachine AsDestination(IFaultSource? faults = null) => new(Ram.OpenSink(), Devices, this, faults);

    /// <summary>Puts something into a share of the pages.</summary>
    public void Fill(int seed)
    {
        var random = new Random(seed);
        byte[] page = new byte[RamBlock.PageSize];
        for (long at = 0; at < Ram.Blocks[0].UsedLength; at += RamBlock.PageSize)
        {
            if (random.Next(4) == 0)
            {
                continue;
            }

            random.NextBytes(page);
            Ram.Hosted[0].Memory.Write(at, page);
        }
    }

    public byte[] Content()
    {
        byte[] bytes = new byte[Ram.Blocks[0].UsedLength];
        Ram.Hosted[0].Memory.Read(0, bytes);
        return bytes;
    }

    public void Start()
    {
        _starts++;
        _runs.Set();
    }

    public void Stop()
    {
        _stops++;
        _runs.Reset();
        SpinWait.SpinUntil(() => Volatile.Read(ref _storing) == 0);
        Stopped?.Invoke();
    }

    public void Dispose()
    {
        _ends = true;
        _runs.Set();
        foreach (Thread writer in _writers)
        {
            writer.Join();
        }

        Dirty.Dispose();
        Ram.Dispose();
        _runs.Dispose();
    }

    private void Write(Random random)
    {
        long words = Ram.Blocks[0].UsedLength / 8;
        while (!_ends)
        {
            _runs.Wait();
            Interlocked.Increment(ref _storing);
            if (_runs.IsSet)
            {
                Ram.Hosted[0].Memory.WriteUInt64(random.NextInt64(words) * 8, (ulong)Interlocked.Increment(ref _writes));
            }

            Interlocked.Decrement(ref _storing);
            Thread.SpinWait(200);
        }
    }
}
