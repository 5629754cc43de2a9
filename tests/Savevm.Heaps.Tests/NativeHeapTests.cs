using System.Diagnostics;
using Savevm.Heaps.Regions;
using Savevm.Hosting.Snapshots;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Files;
using Savevm.Machine;
using Savevm.States.Opening;
using Savevm.States.Reading;

namespace Savevm.Heaps.Tests;

public sealed class NativeHeapTests : IDisposable
{
    private readonly MemoryFolder folder = new();

    private string ImagePath => Path.Combine(folder.Path, "web.heap");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task What_was_saved_comes_back_and_what_was_never_written_to_takes_no_room()
    {
        SkipWhereRefused();
        var random = new Random(5);
        var contents = new byte[3 << 20];
        random.NextBytes(contents);
        using (var heap = new NativeHeap([new HeapRegionLayout("index", 4096), new HeapRegionLayout("data", 256L << 20), new HeapRegionLayout("none", 64 << 20)]))
        {
            contents.CopyTo(heap["data"].Slice(100 << 20, contents.Length));
            heap["index"].Slice(5, 1)[0] = 77;
            var reports = new List<HeapSnapshotProgress>();
            var options = new HeapSnapshotOptions { Progress = new Reports(reports) };
            Assert.Equal(1UL, (await heap.SaveAsync(ImagePath, options, TestContext.Current.CancellationToken)).Number);
            Assert.Equal(2UL, (await heap.SaveAsync(ImagePath, options, TestContext.Current.CancellationToken)).Number);
            Assert.Equal(reports[^1].TotalBytes, reports[^1].SavedBytes);
            Assert.Equal((320L << 20) + 4096, reports[^1].TotalBytes);
        }
        using (var file = new LinuxFile(Descriptor.Open(ImagePath, FileAccess.Read), ImagePath)) Assert.InRange(file.Status().AllocatedBytes, 3 << 20, 5 << 20);
        var before = Resident();
        using var loaded = NativeHeap.Load(ImagePath, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(Resident() - before < 32 << 20, "holes of the image take memory");
        Assert.Equal(2UL, loaded.SnapshotCount);
        Assert.Equal(["index", "data", "none"], loaded.Regions.Select(region => region.Name));
        Assert.True(loaded["data"].Slice(100 << 20, contents.Length).SequenceEqual(contents));
        Assert.Equal(77, loaded["index"].Slice(5, 1)[0]);
        Assert.False(loaded["none"].Slice(0, 64 << 20).ContainsAnyExcept((byte)0));
        // It can be saved again as any other.
        loaded["data"].Slice(0, 1)[0] = 9;
        Assert.Equal(3UL, (await loaded.SaveAsync(ImagePath, null, TestContext.Current.CancellationToken)).Number);
        using var again = NativeHeap.Load(ImagePath, [new HeapRegionLayout("none", 64 << 20) { Memory = HeapMemory.MemoryFile }, new("data", 256L << 20), new("index", 4096)]);
        Assert.Equal(9, again["data"].Slice(0, 1)[0]);
    }

    [Fact]
    public async Task An_image_is_a_state_that_is_inspected_and_verified_as_any_other()
    {
        SkipWhereRefused();
        using (var heap = new NativeHeap([new HeapRegionLayout("data", 1 << 20)]))
        {
            heap["data"].Slice(8192, 3).Fill(1);
            await heap.SaveAsync(ImagePath, null, TestContext.Current.CancellationToken);
        }
        var seen = new SeenState();
        using var file = SavedStateFile.Open(ImagePath);
        using var input = new StateInput(file);
        new StateWalker(input, seen).Run(TestContext.Current.CancellationToken);
        Assert.Equal([2], seen.Pages);
        Assert.Equal(["heap"], seen.Sections);
        Assert.Empty(seen.Defects);
    }

    [Theory]
    [InlineData("data", 1 << 20, "1048576 bytes in the image, and 2097152 are expected", "data", 2 << 20)]
    [InlineData("data", 1 << 20, "'data', which is not expected", "other", 1 << 20)]
    [InlineData("data", 1 << 20, "no region 'second'", "data", 1 << 20, "second")]
    public async Task An_image_of_other_regions_is_refused(string name, long length, string words, string expected, long expectedLength, string? second = null)
    {
        SkipWhereRefused();
        using (var heap = new NativeHeap([new HeapRegionLayout(name, length)])) await heap.SaveAsync(ImagePath, null, TestContext.Current.CancellationToken);
        List<HeapRegionLayout> layouts = [new(expected, expectedLength)];
        if (second is not null) layouts.Add(new HeapRegionLayout(second, 4096));
        Assert.Contains(words, Assert.Throws<HeapImageException>(() => NativeHeap.Load(ImagePath, layouts)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_is_cut_off_anywhere_is_refused()
    {
        SkipWhereRefused();
        using (var heap = new NativeHeap([new HeapRegionLayout("data", 1 << 20)]))
        {
            heap["data"].Slice(0, 1 << 20).Fill(3);
            await heap.SaveAsync(ImagePath, null, TestContext.Current.CancellationToken);
        }
        var whole = await File.ReadAllBytesAsync(ImagePath, TestContext.Current.CancellationToken);
        NativeHeap.Load(ImagePath).Dispose();
        foreach (var length in new[] { 0, 1, 7, 60, 100, 5000, 1 << 20, (1 << 20) + 5, (2 << 20) - 1, 2 << 20, whole.Length - 200, whole.Length - 60, whole.Length - 20 })
        {
            await File.WriteAllBytesAsync(ImagePath, whole[..length], TestContext.Current.CancellationToken);
            var refused = Assert.ThrowsAny<IOException>(() => NativeHeap.Load(ImagePath));
            Assert.True(refused is HeapImageException, $"{length}: {refused}");
        }
        Assert.Throws<FileNotFoundException>(() => NativeHeap.Load(ImagePath + ".not"));
    }

    [Fact]
    public void What_is_no_image_is_refused()
    {
        File.WriteAllText(ImagePath, new string('x', 10000));
        Assert.Contains("no ", Assert.Throws<HeapImageException>(() => NativeHeap.Load(ImagePath)).Message, StringComparison.Ordinal);
        Assert.Throws<MachineRefusedException>(() => new NativeHeap([new HeapRegionLayout("data", 4095)]));
        Assert.Throws<MachineRefusedException>(() => new NativeHeap([new HeapRegionLayout("a", 4096), new HeapRegionLayout("a", 4096)]));
    }

    [Fact]
    public async Task A_snapshot_that_is_cancelled_leaves_the_image_that_was_there_and_nothing_else()
    {
        SkipWhereRefused();
        using var writing = new NumberedHeap(WriterKind.Managed, 2, mebibytes: 64);
        await writing.Heap.SaveAsync(ImagePath, writing.Options, TestContext.Current.CancellationToken);
        using var cancel = new CancellationTokenSource();
        var options = writing.Options with { Progress = new Reports([], cancel.Cancel) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.Heap.SaveAsync(ImagePath, options, cancel.Token));
        Assert.Equal([ImagePath], Directory.GetFiles(folder.Path));
        using (var image = NativeHeap.Load(ImagePath)) Assert.Equal(1UL, image.SnapshotCount);
        writing.AssertGoesOn();
        await writing.Heap.SaveAsync(ImagePath, writing.Options, TestContext.Current.CancellationToken);
        using var later = NativeHeap.Load(ImagePath);
        writing.AssertIsOf(later);
    }

    [Fact]
    public async Task Two_snapshots_at_once_are_refused_and_so_are_two_to_one_path()
    {
        SkipWhereRefused();
        using var writing = new NumberedHeap(WriterKind.Managed, 1);
        using var other = new NativeHeap([new HeapRegionLayout("data", 4096)]);
        Exception? second = null, elsewhere = null;
        var options = writing.Options with
        {
            Pause = () =>
            {
                second = Record.Exception(() => { _ = writing.Heap.SaveAsync(ImagePath + "2"); });
                elsewhere = Record.Exception(() => other.SaveAsync(ImagePath).GetAwaiter().GetResult());
                return writing.Pause();
            },
        };
        await writing.Heap.SaveAsync(ImagePath, options, TestContext.Current.CancellationToken);
        Assert.IsType<InvalidOperationException>(second);
        Assert.Contains("another snapshot", Assert.IsType<IOException>(elsewhere).Message, StringComparison.Ordinal);
        using var image = NativeHeap.Load(ImagePath);
        writing.AssertIsOf(image);
    }

    internal static void SkipWhereRefused() =>
        Assert.SkipWhen(WriteProtection.Refusal() is { }, $"no write protection here: {WriteProtection.Refusal()}");

    private static long Resident()
    {
        using var self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }

    private sealed class Reports(List<HeapSnapshotProgress> list, Action? then = null) : IProgress<HeapSnapshotProgress>
    {
        public void Report(HeapSnapshotProgress value)
        {
            list.Add(value);
            then?.Invoke();
        }
    }
}
