using System.Diagnostics;
using System.Globalization;
using Savevm.Migration.Tests.Doubles;

namespace Savevm.Heaps.Tests;

/// <summary>
/// The image is a cut: every write from before the instant is in it, none from after it. <c>SAVEVM_SNAPSHOTS</c> says how many snapshots each row takes.
/// </summary>
public sealed class SnapshotCutTests : IDisposable
{
    private readonly MemoryFolder folder = new();

    public static TheoryData<WriterKind, int> Writers => new(
        from kind in Enum.GetValues<WriterKind>()
        from writers in new[] { 1, 2, 4 }
        select (kind, writers));

    private static int Snapshots => int.Parse(Environment.GetEnvironmentVariable("SAVEVM_SNAPSHOTS") ?? "4", CultureInfo.InvariantCulture);

    private static int Mebibytes => int.Parse(Environment.GetEnvironmentVariable("SAVEVM_SNAPSHOT_MEBIBYTES") ?? "16", CultureInfo.InvariantCulture);

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task Whoever_writes_while_memory_is_collected_all_the_while(WriterKind kind, int writers)
    {
        NativeHeapTests.SkipWhereRefused();
        var path = Path.Combine(folder.Path, "image");
        // A tenth of the pages, and at most as many as can be looked at between two snapshots.
        using var writing = new NumberedHeap(kind, writers, Mebibytes, Math.Max(2000, Math.Min(Mebibytes * 25, 100_000)));
        using var collector = new Collector();
        long ahead = 0;
        var (longest, begun) = (TimeSpan.Zero, Stopwatch.GetTimestamp());
        for (var snapshot = 1; snapshot <= Snapshots; snapshot++)
        {
            var result = await writing.Heap.SaveAsync(path, writing.Options, TestContext.Current.CancellationToken);
            using var image = NativeHeap.Load(path);
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
}
