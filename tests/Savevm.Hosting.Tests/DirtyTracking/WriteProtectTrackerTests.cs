using Savevm.Hosting.DirtyTracking;
using Savevm.Hosting.Ram;
using Savevm.Linux.Files;
using Savevm.Linux.Memory;
using Savevm.Linux.Pagemap;
using Savevm.Linux.Userfaultfd;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Tests.DirtyTracking;

public sealed class WriteProtectTrackerTests : DirtyTrackerConformance
{
    private const int PageSize = RamBlock.PageSize;

    private readonly LinuxFile noise = MemoryFile.Create("noise", 10_000);

    public WriteProtectTrackerTests()
    {
        var bytes = new byte[10_000];
        new Random(4).NextBytes(bytes);
        noise.Write(bytes, 0);
    }

    private protected override IReadOnlyList<Action<HostedRamBlock, Random>> OtherWriters =>
        [GuestWriter.ByNativeCode, (block, random) => GuestWriter.ByKernel(block, random, noise), GuestWriter.ByPointer];

    // Decision 13. A managed thread that waited for a fault handler would hang the collection of garbage; here nobody waits.
    [Fact]
    public void Managed_code_may_write_by_pointers_while_garbage_is_collected()
    {
        var ram = Ram(RamBackingKind.Anonymous, false, 512);
        var ended = false;
        var collections = 0;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref ended))
            {
                GC.Collect();
                collections++;
                Thread.Sleep(1);
            }
        });
        collector.IsBackground = true;
        // On a thread of its own, so that a hang is a failure and no silence. It skips itself where there is nothing to track with.
        var hammer = Task.Factory.StartNew(() => Hammer(ram, 50, 300), TaskCreationOptions.LongRunning);
        collector.Start();
        try
        {
            Assert.True(Task.WhenAny(hammer, Task.Delay(TimeSpan.FromSeconds(90))).Result == hammer, "the writers hang");
        }
        finally
        {
            Volatile.Write(ref ended, true);
        }
        hammer.GetAwaiter().GetResult();
        Assert.True(collector.Join(TimeSpan.FromSeconds(20)), "the garbage collector hangs");
        Assert.True(collections >= 10, $"only {collections} collections");
    }

    // On hosts with larger pages, and here with pages of 64 KiB that we only pretend to have: the kernel protects all of a host page again.
    [Fact]
    public void Neighbours_in_a_host_page_are_kept_for_their_own_collection()
    {
        using var whole = Ram(RamBackingKind.Anonymous, false, 48);
        Assert.SkipWhen(Refusal(whole) is not null, Refusal(whole) ?? "");
        using var tracker = new WriteProtectTracker(whole) { Granularity = 16 * PageSize };
        tracker.Start();
        foreach (var page in new[] { 3, 15, 16, 20, 47 }) whole.Hosted[0].Memory.WriteByte(page * PageSize, 1);
        var dirty = new PageBitmap(48);
        Assert.Equal(1, tracker.Collect(0, 4, 12, dirty));
        Assert.True(dirty.IsSet(15));
        Assert.Equal(4, tracker.Collect(0, 0, 48, dirty));
        Assert.Equal([3L, 15L, 16L, 20L, 47L], Enumerable.Range(0, 48).Select(page => (long)page).Where(dirty.IsSet));
    }

    [Fact]
    public void Memory_that_is_asked_to_be_huge_is_huge_before_it_is_written_to()
    {
        using var ram = Ram(RamBackingKind.Anonymous, true, 2048);
        Assert.SkipWhen(Refusal(ram) is not null, Refusal(ram) ?? "");
        Assert.SkipWhen(File.ReadAllText("/sys/kernel/mm/transparent_hugepage/enabled").Contains("[never]", StringComparison.Ordinal), "this host has no transparent huge pages");
        ram.Hosted[0].Memory.Fill(0, 1, 2048 * PageSize);
        using var pagemap = PagemapFile.Open();
        var regions = new PagemapRegion[64];
        var count = pagemap.Find(ram.Hosted[0].Address, ram.Hosted[0].Address + (2048 * PageSize), PageCategories.Huge, regions, out _);
        Assert.SkipWhen(count == 0, "this host had no huge page left");
        using var tracker = new WriteProtectTracker(ram);
        tracker.Start();
        var dirty = new PageBitmap(2048);
        var inside = (int)((nint)regions[0].Start - ram.Hosted[0].Address) / PageSize + 17;
        ram.Hosted[0].Memory.WriteByte(inside * PageSize, 2);
        Assert.Equal(1, tracker.Collect(0, 0, 2048, dirty));
        Assert.True(dirty.IsSet(inside));
    }

    private protected override string? Refusal(GuestRam ram) => AsyncWriteProtectProbe.Run();

    private protected override IDirtyTracker Open(GuestRam ram, WriterGate gate) => new WriteProtectTracker(ram);
}
