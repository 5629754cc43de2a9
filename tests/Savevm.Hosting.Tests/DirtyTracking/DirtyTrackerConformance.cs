using CsCheck;
using Savevm.Hosting.Ram;
using Savevm.Linux.Memory;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Tests.DirtyTracking;

/// <summary>What every tracker must do: above all lose no write, ever. Derive, say how to make one, and the tests are yours.</summary>
public abstract class DirtyTrackerConformance : IDisposable
{
    private const int PageSize = RamBlock.PageSize;

    private readonly TemporaryFolder folder = new();

    public static TheoryData<RamBackingKind> Backings =>
        [RamBackingKind.Anonymous, RamBackingKind.MemoryFile, RamBackingKind.SharedFile, RamBackingKind.PrivateFile];

    /// <summary>Why this machine cannot be tracked so here; null when it can.</summary>
    private protected abstract string? Refusal(GuestRam ram);

    /// <summary>A tracker that does not track yet.</summary>
    private protected abstract IDirtyTracker Open(GuestRam ram, WriterGate gate);

    /// <summary>The ways of writing that it must see, beside the accessor.</summary>
    private protected abstract IReadOnlyList<Action<HostedRamBlock, Random>> OtherWriters { get; }

    private protected virtual bool NeedsPause => false;

    private protected string FolderPath => folder.Path;

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [MemberData(nameof(Backings))]
    public void No_write_is_lost_while_pages_are_collected(RamBackingKind kind) => Hammer(Ram(kind, false, 1, 37, 0, 700), 150, 100);

    [Fact]
    public void No_write_to_a_hot_page_is_lost_in_thousands_of_rounds() => Hammer(Ram(RamBackingKind.Anonymous, false, 1, 1), 2000, 50);

    [Fact]
    public void No_write_to_huge_pages_is_lost() => Hammer(Ram(RamBackingKind.Anonymous, true, 2048), 40, 300);

    [Theory]
    [MemberData(nameof(Backings))]
    public void What_is_discarded_is_told(RamBackingKind kind)
    {
        using var ram = Ram(kind, true, 1024, 3);
        using var gate = new WriterGate();
        Assert.SkipWhen(Refusal(ram) is not null, Refusal(ram) ?? "");
        foreach (var block in ram.Hosted) block.Memory.Fill(0, 1, block.UsedLength);
        using var tracker = Open(ram, gate);
        using var copy = new TrackedCopy(ram, tracker);
        var random = new Random(1);
        copy.Round(random);
        // A part of a page table, a whole one that a huge page may stand for, and the last page of a block.
        foreach (var (block, first, count) in new[] { (0, 3L, 5L), (0, 512L, 512L), (1, 2L, 1L), (0, 0L, 1024L) })
        {
            ram.Discard(block, first, count);
            Assert.True(ram.Hosted[block].Memory.IsZero(first * PageSize, count * PageSize));
            copy.Round(random);
            copy.AssertEqual($"{count} pages from {first} discarded");
            ram.Hosted[block].Memory.Fill(first * PageSize, 7, count * PageSize);
            copy.Round(random);
            copy.AssertEqual($"{count} pages from {first} written to again");
        }
    }

    // The slow twin is a set of page numbers: each collection tells at least those that were written to, and leaves the others for later.
    [Fact]
    public void A_collection_tells_what_was_written_in_its_range_and_keeps_the_rest()
    {
        const int pages = 90;
        using var ram = Ram(RamBackingKind.Anonymous, false, pages);
        using var gate = new WriterGate();
        Assert.SkipWhen(Refusal(ram) is not null, Refusal(ram) ?? "");
        using var tracker = Open(ram, gate);
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, pages - 1], Gen.Int[1, 40], Gen.Int[0, PageSize - 1]).List[0, 40].Sample(
            steps =>
            {
                var written = new HashSet<long>();
                tracker.Start();
                try
                {
                    foreach (var (action, first, wanted, within) in steps)
                    {
                        var count = Math.Min(wanted, pages - first);
                        if (action == 0)
                        {
                            Collect(tracker, pages, first, count, written);
                            continue;
                        }
                        if (action == 1) ram.Discard(0, first, count);
                        else if (action == 2 && OtherWriters.Count > 0) NativeFill.Fill(ram.Hosted[0].Address + (first * PageSize) + within, 5, (count * PageSize) - within);
                        else ram.Hosted[0].Memory.Fill((first * PageSize) + within, 1, (count * PageSize) - within);
                        for (var page = first; page < first + count; page++) written.Add(page);
                    }
                    Collect(tracker, pages, 0, pages, written);
                    Assert.Empty(written);
                }
                finally
                {
                    tracker.Stop();
                }
            },
            iter: 200,
            threads: 1);

        static void Collect(IDirtyTracker tracker, int pages, long first, long count, HashSet<long> written)
        {
            var dirty = new PageBitmap(pages);
            dirty.Set(first);
            var told = tracker.Collect(0, first, count, dirty);
            Assert.Equal(dirty.CountSet() - 1, told);
            Assert.Equal(first, dirty.NextSet(0));
            Assert.Equal(pages, dirty.NextSet(first + count));
            Assert.All(written.Where(page => page >= first && page < first + count), page => Assert.True(dirty.IsSet(page), $"page {page}"));
            written.RemoveWhere(page => page >= first && page < first + count);
        }
    }

    [Fact]
    public void Pages_that_nobody_writes_to_are_not_told()
    {
        using var ram = Ram(RamBackingKind.Anonymous, false, 500);
        using var gate = new WriterGate();
        Assert.SkipWhen(Refusal(ram) is not null, Refusal(ram) ?? "");
        ram.Hosted[0].Memory.Fill(0, 3, 500 * PageSize);
        using var tracker = Open(ram, gate);
        tracker.Start();
        var dirty = new PageBitmap(500);
        Assert.Equal(0, tracker.Collect(0, 0, 500, dirty));
        ram.Hosted[0].Memory.WriteByte(100 * PageSize, 1);
        ram.Hosted[0].Memory.WriteUInt64((301 * PageSize) - 4, 1);
        Assert.Equal(3, tracker.Collect(0, 0, 500, dirty));
        Assert.Equal([100L, 300L, 301L], Enumerable.Range(0, 500).Select(page => (long)page).Where(dirty.IsSet));
        Assert.Equal(0, tracker.Collect(0, 0, 500, new PageBitmap(500)));
    }

    [Fact]
    public void Starting_again_forgets_and_stopping_ends()
    {
        using var ram = Ram(RamBackingKind.Anonymous, false, 64);
        using var gate = new WriterGate();
        Assert.SkipWhen(Refusal(ram) is not null, Refusal(ram) ?? "");
        using var tracker = Open(ram, gate);
        var dirty = new PageBitmap(64);
        Assert.Throws<InvalidOperationException>(() => tracker.Collect(0, 0, 64, dirty));
        for (var round = 0; round < 3; round++)
        {
            tracker.Start();
            Assert.True(tracker.IsTracking);
            Assert.Throws<InvalidOperationException>(tracker.Start);
            Assert.Throws<InvalidOperationException>(() => ram.Resize(0, PageSize));
            Assert.Equal(0, tracker.Collect(0, 0, 64, dirty));
            ram.Hosted[0].Memory.Fill(0, (byte)round, 64 * PageSize);
            tracker.Stop();
            tracker.Stop();
            Assert.False(tracker.IsTracking);
        }
        Assert.Throws<InvalidOperationException>(() => tracker.Collect(0, 0, 64, dirty));
        ram.Resize(0, PageSize);
    }

    [Fact]
    public void Ranges_outside_a_block_are_refused_and_collecting_does_not_allocate()
    {
        using var ram = Ram(RamBackingKind.Anonymous, false, 2000);
        using var gate = new WriterGate();
        Assert.SkipWhen(Refusal(ram) is not null, Refusal(ram) ?? "");
        using var tracker = Open(ram, gate);
        tracker.Start();
        var dirty = new PageBitmap(2000);
        Assert.ThrowsAny<ArgumentException>(() => tracker.Collect(0, 1, 2000, dirty));
        Assert.ThrowsAny<ArgumentException>(() => tracker.Collect(0, -1, 1, dirty));
        Assert.ThrowsAny<ArgumentException>(() => tracker.Collect(0, 0, -1, dirty));
        Assert.ThrowsAny<Exception>(() => tracker.Collect(1, 0, 1, dirty));
        var least = long.MaxValue;
        for (var attempt = 0; attempt < 5; attempt++)
        {
            for (var page = 0; page < 2000; page += 2) ram.Hosted[0].Memory.WriteByte(page * PageSize, 1);
            var before = GC.GetAllocatedBytesForCurrentThread();
            tracker.Collect(0, 0, 2000, dirty);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.InRange(least, 0, 512);
    }

    private protected GuestRam Ram(RamBackingKind kind, bool hugePages, params int[] pages) => new(
        [.. pages.Select((count, index) => new RamBlockLayout($"block {index}", count * PageSize)
        {
            MaxLength = Math.Max(count, 1) * PageSize,
            Backing = Backing(kind, index, count),
            HugePages = hugePages,
        })]);

    /// <summary>
    /// Two threads write in turns with nobody writing; while they write, pages are collected and copied all the time. After each turn one more
    /// collection must make the copy equal to the RAM.
    /// </summary>
    private protected void Hammer(GuestRam ram, int turns, int writesOfTurn)
    {
        using var mapped = ram;
        using var gate = new WriterGate();
        Assert.SkipWhen(Refusal(ram) is not null, Refusal(ram) ?? "");
        using var tracker = Open(ram, gate);
        using var copy = new TrackedCopy(ram, tracker);
        Action<HostedRamBlock, Random>[] ways = [GuestWriter.ByAccessor, .. OtherWriters];
        HostedRamBlock[] blocks = [.. ram.Hosted.Where(block => block.UsedLength > 0)];
        using var turn = new Barrier(3);
        var busy = 0;
        var ended = false;
        Thread[] writers = [.. Enumerable.Range(1, 2).Select(seed => new Thread(() => Write(new Random(seed))) { IsBackground = true })];
        foreach (var writer in writers) writer.Start();
        var collector = new Random(3);
        try
        {
            for (var number = 0; number < turns; number++)
            {
                Volatile.Write(ref busy, 2);
                turn.SignalAndWait();
                while (Volatile.Read(ref busy) > 0) copy.Round(collector);
                turn.SignalAndWait();
                copy.Round(collector);
                copy.AssertEqual($"turn {number}");
            }
        }
        finally
        {
            ended = true;
            if (!turn.SignalAndWait(0)) turn.RemoveParticipant();
            foreach (var writer in writers) writer.Join(TimeSpan.FromSeconds(10));
        }
        Assert.True(copy.PagesTold >= turns, "pages were told of");

        void Write(Random random)
        {
            while (true)
            {
                turn.SignalAndWait();
                if (Volatile.Read(ref ended)) return;
                for (var number = 0; number < writesOfTurn; number++)
                {
                    var (way, block) = (ways[random.Next(ways.Length)], blocks[random.Next(blocks.Length)]);
                    if (NeedsPause) gate.Write(() => way(block, random));
                    else way(block, random);
                }
                Interlocked.Decrement(ref busy);
                turn.SignalAndWait();
            }
        }
    }

    private RamBacking Backing(RamBackingKind kind, int index, int pages)
    {
        var path = Path.Combine(folder.Path, $"{index}");
        switch (kind)
        {
            case RamBackingKind.Anonymous:
                return RamBacking.Anonymous;
            case RamBackingKind.MemoryFile:
                return RamBacking.MemoryFile;
            case RamBackingKind.SharedFile:
                return RamBacking.SharedFile(path);
            default:
                File.WriteAllBytes(path, [.. Enumerable.Repeat((byte)0x33, Math.Max(pages, 1) * PageSize)]);
                return RamBacking.PrivateFile(path);
        }
    }
}
