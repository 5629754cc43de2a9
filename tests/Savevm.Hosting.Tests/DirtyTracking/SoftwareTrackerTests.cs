using Savevm.Hosting.DirtyTracking;
using Savevm.Hosting.Ram;
using Savevm.Linux.Memory;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Tests.DirtyTracking;

public sealed class SoftwareTrackerTests : DirtyTrackerConformance
{
    private protected override IReadOnlyList<Action<HostedRamBlock, Random>> OtherWriters => [];

    // What the row's condition is there for: such a machine must not be tracked so.
    [Fact]
    public void A_write_that_goes_past_the_accessor_is_not_seen()
    {
        using var ram = new GuestRam([new RamBlockLayout("ram", RamBlock.PageSize)]);
        using var tracker = new SoftwareTracker(ram);
        tracker.Start();
        NativeFill.Fill(ram.Hosted[0].Address, 1, 1);
        Assert.Equal(0, tracker.Collect(0, 0, 1, new PageBitmap(1)));
    }

    [Fact]
    public void What_a_sink_writes_is_seen()
    {
        using var ram = new GuestRam([new RamBlockLayout("ram", 3 * RamBlock.PageSize)]);
        var sink = ram.OpenSink();
        sink.DeclareBlocks(ram.Blocks);
        using var writer = sink.OpenWriter();
        using var page = new NativeBuffer(RamBlock.PageSize);
        page.Span.Fill(1);
        writer.WritePage(0, 0, page.Span);
        using var tracker = new SoftwareTracker(ram);
        tracker.Start();
        writer.WriteZeroPage(0, 0);
        writer.WriteZeroPage(0, 1);
        writer.WritePage(0, 2, page.Span);
        var dirty = new PageBitmap(3);
        Assert.Equal(2, tracker.Collect(0, 0, 3, dirty));
        Assert.False(dirty.IsSet(1));
    }

    private protected override string? Refusal(GuestRam ram) => null;

    private protected override IDirtyTracker Open(GuestRam ram, WriterGate gate) => new SoftwareTracker(ram);
}
