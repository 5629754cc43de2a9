using Savevm.Hosting.DirtyTracking;
using Savevm.Hosting.Ram;
using Savevm.Linux.Pagemap;
using Savevm.Machine;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Tests.DirtyTracking;

public sealed class SoftDirtyTrackerTests : DirtyTrackerConformance
{
    private protected override IReadOnlyList<Action<HostedRamBlock, Random>> OtherWriters => [GuestWriter.ByNativeCode, GuestWriter.ByPointer];

    private protected override bool NeedsPause => true;

    [Fact]
    public void Shared_memory_is_refused()
    {
        using var ram = Ram(RamBackingKind.MemoryFile, false, 1);
        using var gate = new WriterGate();
        using var tracker = new SoftDirtyTracker(ram, gate);
        Assert.Throws<MachineRefusedException>(tracker.Start);
        Assert.False(ram.IsTracked);
    }

    private protected override string? Refusal(GuestRam ram) => SoftDirtyTracker.Refusal(ram) ?? SoftDirtyProbe.Run();

    private protected override IDirtyTracker Open(GuestRam ram, WriterGate gate) => new SoftDirtyTracker(ram, gate);
}
