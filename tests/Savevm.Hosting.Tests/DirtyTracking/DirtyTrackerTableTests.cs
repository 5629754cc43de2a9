using Savevm.Hosting.DirtyTracking;
using Savevm.Hosting.Ram;
using Savevm.Linux.Pagemap;
using Savevm.Linux.Userfaultfd;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Tests.DirtyTracking;

public sealed class DirtyTrackerTableTests : IDisposable
{
    private readonly GuestRam ram = new([new RamBlockLayout("ram", RamBlock.PageSize)]);
    private readonly WriterGate gate = new();

    public void Dispose()
    {
        ram.Dispose();
        gate.Dispose();
    }

    [Fact]
    public void The_accessor_is_enough_only_for_a_machine_that_promises_so()
    {
        using var tracker = DirtyTrackerTable.Open(new TrackedMachine(ram) { WritesByAccessorOnly = true });
        Assert.Equal(DirtyTrackerTable.Software, tracker.Name);
        var refusal = Assert.Throws<TrackerRefusedException>(() => DirtyTrackerTable.Open(new TrackedMachine(ram), DirtyTrackerTable.Software));
        Assert.Contains("software: the machine does not promise", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_kernel_offers_is_taken()
    {
        Assert.SkipWhen(AsyncWriteProtectProbe.Run() is not null, AsyncWriteProtectProbe.Run() ?? "");
        using var tracker = DirtyTrackerTable.Open(new TrackedMachine(ram) { Pause = gate });
        Assert.Equal(DirtyTrackerTable.WriteProtect, tracker.Name);
    }

    [Fact]
    public void What_the_kernel_lacks_is_refused_with_the_reason()
    {
        Assert.SkipWhen(SoftDirtyProbe.Run() is null, "this kernel has soft-dirty bits");
        var refusal = Assert.Throws<TrackerRefusedException>(
            () => DirtyTrackerTable.Open(new TrackedMachine(ram) { Pause = gate }, DirtyTrackerTable.SoftDirty));
        Assert.Contains("CONFIG_MEM_SOFT_DIRTY", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_row_that_refuses_nothing_is_taken_and_all_reasons_are_told_when_each_refuses()
    {
        DirtyTrackerRow[] rows =
        [
            new("a", "", _ => "no a today", _ => throw new InvalidOperationException()),
            new("b", "", _ => null, _ => new StandingTracker()),
        ];
        using (DirtyTrackerTable.Open(rows, new TrackedMachine(ram), null))
        {
        }
        var refusal = Assert.Throws<TrackerRefusedException>(() => DirtyTrackerTable.Open([rows[0], rows[0] with { Name = "c" }], new TrackedMachine(ram), null));
        Assert.EndsWith("a: no a today; c: no a today", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_nobody_has_is_refused_with_those_there_are()
    {
        var refusal = Assert.Throws<TrackerRefusedException>(() => DirtyTrackerTable.Open(new TrackedMachine(ram), "dirty-ring"));
        Assert.Equal("there is no tracker dirty-ring; there are software, write-protect, soft-dirty", refusal.Message);
    }

    [Fact]
    public void A_standing_machine_is_never_dirty()
    {
        using var tracker = new StandingTracker();
        Assert.Throws<InvalidOperationException>(() => tracker.Collect(0, 0, 1, new PageBitmap(1)));
        tracker.Start();
        Assert.Throws<InvalidOperationException>(tracker.Start);
        Assert.Equal(0, tracker.Collect(0, 0, 1, new PageBitmap(1)));
        tracker.Stop();
        Assert.False(tracker.IsTracking);
    }
}
