using System.Diagnostics;
using System.Globalization;
using Savevm.Heaps.Regions;
using Savevm.Hosting.Paging;
using Savevm.Migration.Tests.Doubles;

namespace Savevm.Heaps.Tests;

/// <summary>
/// The image is a cut: every write from before the instant is in it, none from after it. <c>SAVEVM_SNAPSHOTS</c> says how many snapshots each row takes.
/// </summary>
public sealed class SnapshotCutTests : IDisposable
{
    // Copies lie in memory, in memory and a file, or in a file alone.
    private static readonly int[] CopiesMemories = [32 << 20, 16 << 12, 0];

    private readonly MemoryFolder folder = new();

    public static TheoryData<WriterKind, int> Writers => new(
        from kind in Enum.GetValues<WriterKind>()
        from writers in new[] { 1, 2, 4 }
        select (kind, writers));

    private static int Snapshots => int.Parse(Environment.GetEnvironmentVariable("SAVEVM_SNAPSHOTS") ?? "4", CultureInfo.InvariantCulture);

    private static int Mebibytes => int.Parse(Environment.GetEnvironmentVariable("SAVEVM_SNAPSHOT_MEBIBYTES") ?? "16", CultureInfo.InvariantCulture);

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(WriterKind.Managed, 2)]
    [InlineData(WriterKind.Native, 4)]
    public Task Huge_pages_too(WriterKind kind, int writers)
    {
        NativeHeapTests.SkipWhereRefused();
        var free = HugePagesFree();
        // As many again for the image that is loaded.
        Assert.SkipUnless(free >= Mebibytes / 2, $"{free} huge pages are free, {Mebibytes / 2} are needed (vm.nr_hugepages)");
        return TakeAsync(kind, writers, HeapMemory.HugeMemoryFile);
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public Task Whoever_writes_while_memory_is_collected_all_the_while(WriterKind kind, int writers)
    {
        NativeHeapTests.SkipWhereRefused();
        return TakeAsync(kind, writers, HeapMemory.MemoryFile);
    }

    private async Task TakeAsync(WriterKind kind, int writers, HeapMemory memory)
    {
        var path = Path.Combine(folder.Path, "image");
        // A tenth of the pages, and at most as many as can be looked at between two snapshots.
        using var writing = new NumberedHeap(kind, writers, Mebibytes, Math.Max(2000, Math.Min(Mebibytes * 25, 100_000)), memory);
        using var collector = new Collector();
        long ahead = 0;
        var (longest, begun) = (TimeSpan.Zero, Stopwatch.GetTimestamp());
        for (var snapshot = 1; snapshot <= Snapshots; snapshot++)
        {
            var options = writing.Options with { Pager = new PagerOptions { CopiesMemory = CopiesMemories[snapshot % CopiesMemories.Length] } };
            var result = await writing.Heap.SaveAsync(path, options, TestContext.Current.CancellationToken);
            using var image = NativeHeap.Load(path, [.. writing.Heap.Regions.Select((region, index) => new HeapRegionLayout(region.Name, region.Length) { Memory = index == 0 ? HeapMemory.Anonymous : memory })]);
            Assert.Equal((ulong)snapshot, image.SnapshotCount);
            writing.AssertIsOf(image);
            ahead += result.PagesAhead;
            if (result.Pause > longest) longest = result.Pause;
        }
        Assert.True(ahead > 0, "no page was wanted before its turn");
        Assert.True(collector.Count > 3, $"{collector.Count} collections");
        writing.AssertGoesOn();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Snapshots} snapshots in {Stopwatch.GetElapsedTime(begun).TotalSeconds:f1} s, {ahead} pages ahead, {collector.Count} collections, pause at most {longest.TotalMilliseconds:f2} ms");
    }

    private static int HugePagesFree()
    {
        var line = File.ReadLines("/proc/meminfo").FirstOrDefault(line => line.StartsWith("HugePages_Free:", StringComparison.Ordinal));
        return line is null ? 0 : int.Parse(line.Split(':')[1], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
    }
}
