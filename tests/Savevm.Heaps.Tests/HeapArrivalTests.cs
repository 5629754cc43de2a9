using System.Diagnostics;
using Savevm.Heaps.Regions;
using Savevm.Hosting.Arrivals;
using Savevm.Migration.Tests.Doubles;

namespace Savevm.Heaps.Tests;

/// <summary>A heap that is resumed is used before it is there.</summary>
public sealed class HeapArrivalTests : IDisposable
{
    private const int PageSize = 4096;
    private const long Bytes = 128L << 20;
    private const int Attempts = 20;

    private readonly MemoryFolder folder = new();

    private string ImagePath => Path.Combine(folder.Path, "web.heap");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(HeapMemory.Anonymous)]
    [InlineData(HeapMemory.MemoryFile)]
    public async Task Everybody_reads_and_writes_while_it_arrives_and_memory_is_collected(HeapMemory memory)
    {
        SkipWhereRefused();
        await SaveAsync(memory);
        using var heap = ResumeOnDemand(memory);
        var region = heap["data"];
        using var collector = new Collector();
        var writers = Enumerable.Range(0, 4).Select(own => Task.Factory.StartNew(() => Use(region, own), TaskCreationOptions.LongRunning)).ToList();
        var written = await Task.WhenAll(writers);
        await heap.Arrival.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Empty(PagerProcesses.Of(Environment.ProcessId));
        AssertHolds(region, written);
        Assert.True(collector.Count > 3, $"{collector.Count} collections");
        // From here on it is a heap as any other.
        await heap.SaveAsync(ImagePath, new HeapSnapshotOptions { Flush = false }, TestContext.Current.CancellationToken);
        using var again = NativeHeap.Load(ImagePath);
        AssertHolds(again["data"], written);
        Assert.Equal(2UL, again.SnapshotCount);
    }

    [Fact]
    public async Task A_snapshot_of_a_heap_that_arrives_waits_for_it()
    {
        SkipWhereRefused();
        await SaveAsync(HeapMemory.Anonymous);
        using var heap = NativeHeap.Resume(ImagePath);
        Set(heap["data"], 5, 77);
        await heap.SaveAsync(ImagePath, new HeapSnapshotOptions { Flush = false }, TestContext.Current.CancellationToken);
        Assert.True(heap.Arrival.IsCompletedSuccessfully);
        using var again = NativeHeap.Resume(ImagePath);
        Assert.Equal(77, ValueAt(again["data"], 5));
        await again.Arrival.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        AssertHolds(again["data"], [new() { [5] = 77 }]);
    }

    [Fact]
    public async Task It_can_be_given_up_in_the_middle()
    {
        SkipWhereRefused();
        await SaveAsync(HeapMemory.Anonymous);
        var givenUp = 0;
        // On a busy machine all may be there before this thread has its turn.
        for (var attempt = 0; attempt < 5 || (givenUp == 0 && attempt < Attempts); attempt++)
        {
            var heap = NativeHeap.Resume(ImagePath);
            Assert.Equal(ValueOf(9998), ValueAt(heap["data"], 9998));
            heap.Dispose();
            Assert.True(heap.Arrival.IsCompleted);
            givenUp += heap.Arrival.IsCanceled ? 1 : 0;
            Assert.Empty(PagerProcesses.Of(Environment.ProcessId));
        }
        Assert.True(givenUp > 0, "everything was there each time");
    }

    [Fact]
    public async Task A_program_whose_memory_is_lost_ends_and_never_sees_zeros()
    {
        SkipWhereRefused();
        await SaveAsync(HeapMemory.Anonymous);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (said, exitCode) = await LoseAsync();
            if (said.Contains(LostProgram.Late, StringComparison.Ordinal)) continue;
            Assert.Equal(LostProgram.Resumed, said.Trim());
            Assert.Equal(128 + 9, exitCode);
            return;
        }
        Assert.Fail("everything was there each time");
    }

    private async Task<(string Said, int ExitCode)> LoseAsync()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        start.Environment[LostProgram.Variable] = ImagePath;
        using var program = Process.Start(start)!;
        // It ends; should it wait for ever for a page, then not this test too.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var registration = limit.Token.Register(program.Kill);
        var said = await program.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.False(limit.IsCancellationRequested, "it waits for ever");
        return (said, program.ExitCode);
    }

    [Fact]
    public async Task An_image_whose_pages_are_not_in_it_is_refused_before_anybody_waits_for_one()
    {
        SkipWhereRefused();
        using (var heap = new NativeHeap([new HeapRegionLayout("data", 1 << 20)]))
        {
            heap["data"].Slice(0, 1 << 20).Fill(3);
            await heap.SaveAsync(ImagePath, null, TestContext.Current.CancellationToken);
        }
        var whole = await File.ReadAllBytesAsync(ImagePath, TestContext.Current.CancellationToken);
        foreach (var length in new[] { 60, 5000, 1 << 20, (2 << 20) - 1, whole.Length - 200, whole.Length - 20 })
        {
            await File.WriteAllBytesAsync(ImagePath, whole[..length], TestContext.Current.CancellationToken);
            Assert.Throws<HeapImageException>(() => NativeHeap.Resume(ImagePath));
        }
    }

    /// <summary>A heap whose last page, which would come last, was looked at before all was there.</summary>
    private NativeHeap ResumeOnDemand(HeapMemory memory)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var heap = NativeHeap.Resume(ImagePath, [new HeapRegionLayout("data", Bytes) { Memory = memory }]);
            Assert.Equal(ValueOf((Bytes / PageSize) - 2), ValueAt(heap["data"], (Bytes / PageSize) - 2));
            if (!heap.Arrival.IsCompleted) return heap;
            heap.Dispose();
        }
        throw new InvalidOperationException("it was never on demand");
    }

    private static void SkipWhereRefused()
    {
        NativeHeapTests.SkipWhereRefused();
        Assert.SkipWhen(RamArrival.Refusal() is { }, $"no faults for missing pages here: {RamArrival.Refusal()}");
    }

    /// <summary>Every second page of it is written to.</summary>
    private async Task SaveAsync(HeapMemory memory)
    {
        using var heap = new NativeHeap([new HeapRegionLayout("data", Bytes) { Memory = memory }]);
        for (long page = 0; page < Bytes / PageSize; page += 2) Set(heap["data"], page, ValueOf(page));
        await heap.SaveAsync(ImagePath, new HeapSnapshotOptions { Flush = false }, TestContext.Current.CancellationToken);
    }

    /// <summary>Writes to pages of its own, and looks at others that nobody writes to; returns what it wrote.</summary>
    private static Dictionary<long, long> Use(HeapRegion region, int own)
    {
        var written = new Dictionary<long, long>();
        var random = new Random(own);
        for (var touch = 0; touch < 4000; touch++)
        {
            // Pages of eights: 0 to 3 are written to, 4 to 7 are not.
            var page = random.NextInt64(Bytes / PageSize / 8) * 8;
            Set(region, page + own, touch + 1);
            written[page + own] = touch + 1;
            var other = page + 4 + random.Next(4);
            Assert.Equal(ValueOf(other), ValueAt(region, other));
        }
        return written;
    }

    private static void AssertHolds(HeapRegion region, Dictionary<long, long>[] written)
    {
        for (long page = 0; page < Bytes / PageSize; page++)
        {
            var expected = ValueOf(page);
            foreach (var some in written) expected = some.GetValueOrDefault(page, expected);
            if (ValueAt(region, page) != expected) Assert.Fail($"page {page} holds {ValueAt(region, page)} instead of {expected}");
        }
    }

    private static long ValueOf(long page) => page % 2 == 0 ? page + 1_000_000 : 0;

    private static long ValueAt(HeapRegion region, long page) => BitConverter.ToInt64(region.Slice((page * PageSize) + 1000, sizeof(long)));

    private static void Set(HeapRegion region, long page, long value) => BitConverter.TryWriteBytes(region.Slice((page * PageSize) + 1000, sizeof(long)), value);
}
