using System.Diagnostics;
using Savevm.Heaps.Regions;
using Savevm.Hosting.Paging;
using Savevm.Migration.Tests.Doubles;
using Savevm.Transport;
using Savevm.Transport.Layers;

namespace Savevm.Heaps.Tests;

/// <summary>Whatever ends a snapshot, the image that was there stays, and so does whoever writes.</summary>
public sealed class SnapshotFailureTests : IDisposable
{
    private readonly MemoryFolder folder = new();

    private string ImagePath => Path.Combine(folder.Path, "web.heap");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_pager_that_is_killed_leaves_the_image_that_was_there()
    {
        NativeHeapTests.SkipWhereRefused();
        using var writing = new NumberedHeap(WriterKind.Managed, 2, mebibytes: 64);
        // So that most is still to be copied when it ends.
        foreach (var region in writing.Heap.Regions) region.Slice(8 << 20, 24 << 20).Fill(7);
        await writing.Heap.SaveAsync(ImagePath, writing.Options, TestContext.Current.CancellationToken);
        var options = writing.Options with
        {
            Progress = new Once(() =>
            {
                foreach (var pager in PagerProcesses.Of(Environment.ProcessId)) PagerProcesses.Kill(pager);
            }),
        };
        var failure = await Assert.ThrowsAsync<IOException>(() => writing.Heap.SaveAsync(ImagePath, options, TestContext.Current.CancellationToken));
        Assert.Contains("its pager ended", failure.Message, StringComparison.Ordinal);
        await AssertFirstIsThereAsync(writing);
    }

    [Fact]
    public async Task A_full_disk_leaves_the_image_that_was_there()
    {
        NativeHeapTests.SkipWhereRefused();
        var small = Directory.CreateDirectory(Path.Combine(folder.Path, "small")).FullName;
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", "size=12m", "savevm-test", small), "only root may mount a small disk");
        try
        {
            var path = Path.Combine(small, "web.heap");
            using var writing = new NumberedHeap(WriterKind.Managed, 2);
            using var collector = new Collector();
            // About eight mebibytes, and there is room for one and a half of them.
            SpinWait.SpinUntil(() => writing.Writes > 100_000, TimeSpan.FromSeconds(10));
            await writing.Heap.SaveAsync(path, writing.Options, TestContext.Current.CancellationToken);
            var failure = await Assert.ThrowsAnyAsync<IOException>(() => writing.Heap.SaveAsync(path, writing.Options, TestContext.Current.CancellationToken));
            Assert.Contains("No space left on device", failure.Message, StringComparison.Ordinal);
            Assert.Equal([path], Directory.GetFiles(small));
            using (var image = NativeHeap.Load(path)) Assert.Equal(1UL, image.SnapshotCount);
            // No room for the copies of what is written to is another matter: the pager's.
            var copies = writing.Options with { Pager = new PagerOptions { CopiesFolder = small, CopiesMemory = 0 } };
            await File.WriteAllBytesAsync(Path.Combine(small, "rest"), new byte[3 << 20], TestContext.Current.CancellationToken);
            failure = await Assert.ThrowsAnyAsync<IOException>(() => SendSlowlyAsync(writing, copies, 1 << 20, _ => { }));
            Assert.Contains("No space left on device", failure.Message, StringComparison.Ordinal);
            writing.AssertGoesOn();
        }
        finally
        {
            Run("umount", small);
        }
    }

    [Fact]
    public async Task A_sink_of_a_mebibyte_a_second_slows_writers_and_takes_no_memory()
    {
        NativeHeapTests.SkipWhereRefused();
        using var writing = new NumberedHeap(WriterKind.Managed, 2);
        SpinWait.SpinUntil(() => writing.Writes > 100_000, TimeSpan.FromSeconds(10));
        // Room for what comes, there before memory is measured.
        var room = new byte[12 << 20];
        room.AsSpan().Fill(1);
        var received = new MemoryStream(room);
        var (before, written) = (PagerProcesses.Resident(Environment.ProcessId), writing.Writes);
        long most = 0, mostOfPager = 0;
        // Copies in memory first, most of them in the file, and in memory again.
        var options = writing.Options with { Pager = new PagerOptions { CopiesMemory = 1 << 20 } };
        var result = await SendSlowlyAsync(writing, options, 1 << 20, bytes =>
        {
            received.Write(bytes);
            most = Math.Max(most, PagerProcesses.Resident(Environment.ProcessId));
            foreach (var pager in PagerProcesses.Of(Environment.ProcessId)) mostOfPager = Math.Max(mostOfPager, PagerProcesses.Resident(pager));
        });
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{result.WrittenBytes} bytes in {result.Duration.TotalSeconds:f1} s; {writing.Writes - written} writes meanwhile; memory +{(most - before) >> 20} MiB, pager {mostOfPager >> 20} MiB");
        Assert.True(result.Duration > TimeSpan.FromSeconds(5), $"not slow: {result.Duration}");
        Assert.True(writing.Writes - written > 50_000, $"{writing.Writes - written} writes");
        Assert.True(most - before < 48 << 20, $"memory grew by {(most - before) >> 20} MiB");
        Assert.InRange(mostOfPager, 1, 96L << 20);
        // And what came so slowly is of the instant.
        using var image = NativeHeap.Receive(new BytesChannel(room[..(int)received.Position]), [.. writing.Heap.Regions.Select(region => new HeapRegionLayout(region.Name, region.Length))]);
        Assert.Equal(1UL, image.SnapshotCount);
        writing.AssertIsOf(image);
    }

    /// <summary>Sends a heap to somebody who reads slowly.</summary>
    private static async Task<HeapSnapshotResult> SendSlowlyAsync(NumberedHeap writing, HeapSnapshotOptions options, int bytesPerSecond, SpanAction meanwhile)
    {
        var (ours, theirs) = ChannelPair.Create();
        using (ours)
        {
            var reading = Task.Run(() =>
            {
                using var slow = new ThrottledChannel(theirs, bytesPerSecond);
                var buffer = new byte[64 << 10];
                try
                {
                    for (int count; (count = slow.Read(buffer)) > 0;) meanwhile(buffer.AsSpan(0, count));
                }
                catch (IOException)
                {
                    // It was broken off.
                }
            });
            try
            {
                var result = await writing.Heap.SendAsync(ours, options);
                ours.CloseWrite();
                return result;
            }
            finally
            {
                ours.Abort();
                await reading;
            }
        }
    }

    private async Task AssertFirstIsThereAsync(NumberedHeap writing)
    {
        Assert.Equal([ImagePath], Directory.GetFiles(folder.Path));
        using (var image = NativeHeap.Load(ImagePath)) Assert.Equal(1UL, image.SnapshotCount);
        writing.AssertGoesOn();
        await writing.Heap.SaveAsync(ImagePath, writing.Options, TestContext.Current.CancellationToken);
        using var next = NativeHeap.Load(ImagePath);
        writing.AssertIsOf(next);
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private delegate void SpanAction(ReadOnlySpan<byte> bytes);

    private sealed class Once(Action action) : IProgress<HeapSnapshotProgress>
    {
        private bool isDone;

        public void Report(HeapSnapshotProgress value)
        {
            if (!isDone) action();
            isDone = true;
        }
    }
}
