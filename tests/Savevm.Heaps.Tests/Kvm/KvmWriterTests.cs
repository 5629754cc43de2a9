using System.Globalization;
using Savevm.Heaps.Regions;
using Savevm.Linux;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Userfaultfd;
using Savevm.Migration.Tests.Doubles;

namespace Savevm.Heaps.Tests.Kvm;

public sealed class KvmWriterTests : IDisposable
{
    private readonly MemoryFolder folder = new();

    private static int Snapshots => int.Parse(Environment.GetEnvironmentVariable("SAVEVM_SNAPSHOTS") ?? "4", CultureInfo.InvariantCulture);

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(HeapMemory.Anonymous)]
    [InlineData(HeapMemory.MemoryFile)]
    public async Task A_processor_of_a_virtual_machine_may_write_while_memory_is_collected_all_the_while(HeapMemory memory)
    {
        NativeHeapTests.SkipWhereRefused();
        Assert.SkipWhen(Obstacle() is { }, $"no virtual machine here: {Obstacle()}");
        var path = Path.Combine(folder.Path, "image");
        using var heap = new NativeHeap([new HeapRegionLayout("code", 4096), new HeapRegionLayout("data", 16 << 20) { Memory = memory }]);
        using var guest = new KvmGuest(heap);
        using var collector = new Collector();
        long ahead = 0;
        for (var snapshot = 0; snapshot < Snapshots; snapshot++)
        {
            var before = guest.Number;
            SpinWait.SpinUntil(() => guest.Number - before > 10_000 || guest.Failure is not null, TimeSpan.FromSeconds(10));
            Assert.Null(guest.Failure);
            var result = await heap.SaveAsync(path, new HeapSnapshotOptions { Pause = guest.Pause, Flush = false }, TestContext.Current.CancellationToken);
            ahead += result.PagesAhead;
            using var image = NativeHeap.Load(path);
            Assert.True(guest.NumberAtInstant > before);
            KvmGuest.AssertIsOf(image, guest.NumberAtInstant);
        }
        Assert.True(ahead > 0, "no page was wanted before its turn");
        TestContext.Current.TestOutputHelper?.WriteLine($"{Snapshots} snapshots, {ahead} pages ahead, {guest.Number} writes, {collector.Count} collections");
    }

    private static string? Obstacle()
    {
        try
        {
            Descriptor.Open(KvmGuest.Device, FileAccess.ReadWrite).Dispose();
            // The kernel takes the faults of KVM, which not every user may have reported.
            FaultDescriptor.Open(UserfaultfdFeatures.PageFaultFlagWriteProtect, userModeOnly: false).Dispose();
            return null;
        }
        catch (LinuxException refused)
        {
            return refused.Message;
        }
    }
}
