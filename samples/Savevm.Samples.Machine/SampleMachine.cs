using Savevm.Hosting.Devices;
using Savevm.Hosting.DirtyTracking;
using Savevm.Hosting.Faults;
using Savevm.Hosting.Ram;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Migration.Incoming;
using Savevm.Migration.Live;
using Savevm.Samples.Machine.Devices;
using Savevm.Samples.Machine.Processing;
using Savevm.Samples.Machine.Programs;
using Savevm.Transport;
using Savevm.VMState.Registries;

namespace Savevm.Samples.Machine;

/// <summary>A whole machine: RAM, a processor, three devices. This file is all that it needs to be saved, loaded and migrated live.</summary>
internal sealed class SampleMachine : IMachineControl, IDisposable
{
    private readonly GuestRam ram;
    private readonly IDirtyTracker dirty;
    private readonly HostedDevices devices;
    private readonly VirtualClock clock = new();
    private readonly ProcessorThread thread;

    public SampleMachine(int mebibytes, TextWriter output)
    {
        ram = new GuestRam([new RamBlockLayout("sample.ram", (long)mebibytes << 20)]);
        dirty = DirtyTrackerTable.Open(new TrackedMachine(ram) { WritesByAccessorOnly = true });
        var memory = ram.Hosted[0].Memory;
        var (serial, timer, disk) = (new SerialPort(output), new IntervalTimer(clock), new BlockDevice(memory));
        var processor = new Processor(memory, [serial, timer, disk]);
        var registry = new DeviceRegistry();
        registry.Add(processor, Processor.StateDescription);
        registry.Add(serial, SerialPort.StateDescription);
        registry.Add(timer, IntervalTimer.StateDescription);
        registry.Add(disk, BlockDevice.StateDescription);
        devices = new HostedDevices("sample", registry);
        thread = new ProcessorThread(processor.Run);
        memory.Write(0, SelfCheck.Assemble(memory.Length));
    }

    /// <summary>What sends the machine while it runs. Afterwards it stands still here; when that throws it goes on here.</summary>
    public LiveMigration Leave(ChannelSet channels, LiveOptions options) =>
        new(new LiveMachine(devices.Outline, ram.Direct, dirty, devices, this) { Throttle = thread }, channels, options);

    /// <summary>Takes a machine and lets it run. When this throws it runs, if anywhere, where it came from; in postcopy nowhere, for half of its RAM is there.</summary>
    public void Receive(IByteChannel channel, CancellationToken cancellationToken)
    {
        using var missing = new MissingPages(ram);
        using var incoming = new IncomingMigration(new DestinationMachine(ram.OpenSink(), devices, this, missing), channel);
        incoming.Run(cancellationToken);
    }

    public void Start()
    {
        clock.Start();
        thread.Start();
    }

    public void Stop()
    {
        thread.Stop();
        clock.Stop();
    }

    public void Dispose()
    {
        thread.Dispose();
        dirty.Dispose();
        ram.Dispose();
    }
}
