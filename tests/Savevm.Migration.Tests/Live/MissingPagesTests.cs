using System.Collections.Concurrent;
using System.Diagnostics;
using Savevm.Hosting.DirtyTracking;
using Savevm.Hosting.Faults;
using Savevm.Hosting.Ram;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Migration.Live;
using Savevm.Migration.Tests.Doubles;

namespace Savevm.Migration.Tests.Live;

/// <summary>A machine of ours runs before its RAM has arrived: who touches a missing page waits for it, and garbage is collected meanwhile.</summary>
public sealed class MissingPagesTests
{
    public static TheoryData<string, int> Backings => new(
        from backing in new[] { "anonymous", "memfd" }
        from seed in Enumerable.Range(1, 3)
        select (backing, seed));

    [Theory]
    [MemberData(nameof(Backings))]
    public async Task Whoever_touches_a_page_that_is_not_there_waits_for_it_and_gets_what_the_source_had(string backing, int seed)
    {
        Assert.SkipWhen(MissingPages.Refusal() is not null, MissingPages.Refusal() ?? "");
        using var source = new WritingMachine(seed, DirtyTrackerTable.Software, writers: 2, writtenPages: 4000, pauseMicroseconds: 0);
        using var ram = new GuestRam([.. source.Ram.Hosted.Select(block => block.Layout with
        {
            Backing = backing == "memfd" ? RamBacking.MemoryFile : RamBacking.Anonymous,
            HugePages = true,
        })]);
        using var faults = new MissingPages(ram);
        using var readers = new Readers(ram, seed);
        var destination = new DestinationMachine(ram.OpenSink(), new MemoryDevices(), readers, faults);
        // So slowly that most pages are asked for before they would come by themselves.
        var options = new LiveOptions { Postcopy = true, BandwidthBytesPerSecond = 24 << 20 };
        using var conversation = new LiveConversation(source, destination, options);
        using var collector = new Collector();
        var run = conversation.RunAsync();
        await Task.Delay(60, TestContext.Current.CancellationToken);
        conversation.Outgoing.StartPostcopy();
        var (outgoing, incoming) = await run;
        Assert.Null(outgoing);
        Assert.Null(incoming);
        readers.Join();
        Assert.Empty(readers.Failures);
        for (var block = 0; block < source.Ram.Blocks.Count; block++)
        {
            var bytes = new byte[ram.Blocks[block].UsedLength];
            ram.Hosted[block].Memory.Read(0, bytes);
            readers.TakeBack(block, bytes);
            Assert.True(source.Content(block).AsSpan().SequenceEqual(bytes), $"block {block} differs");
        }
        Assert.InRange(faults.Faults, 100, source.Ram.Blocks.Sum(block => block.PageCount));
        Assert.Equal(faults.Faults, conversation.Outgoing.Statistics.RequestsReceived);
        Assert.True(collector.Count > 10, $"{collector.Count} collections");
    }

    /// <summary>
    /// The proof that the garbage collector cannot hold up the fault path: ten thousand waits in native calls of threads that share this process with
    /// both engines, on a channel for requested pages, while garbage is collected all the while. It ends, and every page is right.
    /// </summary>
    [Fact]
    public async Task Ten_thousand_faults_are_served_under_forced_collections()
    {
        Assert.SkipWhen(MissingPages.Refusal() is not null, MissingPages.Refusal() ?? "");
        using var source = new WritingMachine(5, DirtyTrackerTable.Software, writers: 1, writtenPages: 12_000, pauseMicroseconds: 0, mebibytes: 48);
        using var ram = new GuestRam([.. source.Ram.Hosted.Select(block => block.Layout)]);
        using var faults = new MissingPages(ram);
        using var readers = new Readers(ram, 5, writeOneIn: int.MaxValue);
        var destination = new DestinationMachine(ram.OpenSink(), new MemoryDevices(), readers, faults);
        var options = new LiveOptions { Postcopy = true, BandwidthBytesPerSecond = 1 << 20 };
        using var conversation = new LiveConversation(source, destination, options, preempt: true);
        using var collector = new Collector();
        conversation.Outgoing.StartPostcopy();
        var (outgoing, incoming) = await conversation.RunAsync();
        Assert.Null(outgoing);
        Assert.Null(incoming);
        readers.Join();
        Assert.Empty(readers.Failures);
        for (var block = 0; block < source.Ram.Blocks.Count; block++)
        {
            var bytes = new byte[ram.Blocks[block].UsedLength];
            ram.Hosted[block].Memory.Read(0, bytes);
            Assert.True(source.Content(block).AsSpan().SequenceEqual(bytes), $"block {block} differs");
        }
        Assert.InRange(faults.Faults, 10_000, source.Ram.Blocks.Sum(block => block.PageCount));
        Assert.Equal(faults.Faults, conversation.Outgoing.Statistics.RequestsReceived);
        var statistics = conversation.Incoming.Statistics;
        Assert.Equal(faults.Faults, statistics.PagesAwaited);
        // What the destination measures is within what those who waited did: from its hearing of a fault to the page, each page once.
        var allWaits = readers.Waits.Aggregate(TimeSpan.Zero, (sum, wait) => sum + wait);
        Assert.InRange(statistics.PageWaitTime, statistics.LongestPageWait + TimeSpan.FromTicks(1), allWaits);
        Assert.True(collector.Count > 100, $"{collector.Count} collections");
        var waits = readers.Waits.Order().ToArray();
        var (middle, nearlyAll) = (waits[waits.Length / 2], waits[waits.Length * 99 / 100]);
        TestContext.Current.SendDiagnosticMessage($"waits of {waits.Length} touches: half within {middle.TotalMicroseconds:f0} us, 99 % within {nearlyAll.TotalMicroseconds:f0} us");
        // A collection costs its own length. On a busy host a thread may wait for a processor as well; for ever is something else.
        Assert.True(nearlyAll < TimeSpan.FromMilliseconds(200), $"{nearlyAll.TotalMilliseconds} ms");
        conversation.AssertNoThreadIsLeft(atLeast: 3);
    }

    [Fact]
    public async Task A_connection_that_breaks_lets_nobody_find_zeros()
    {
        Assert.SkipWhen(MissingPages.Refusal() is not null, MissingPages.Refusal() ?? "");
        using var source = new WritingMachine(9, DirtyTrackerTable.Software, writers: 0);
        using var ram = new GuestRam([.. source.Ram.Hosted.Select(block => block.Layout)]);
        var faults = new MissingPages(ram);
        using var readers = new Readers(ram, 9);
        var destination = new DestinationMachine(ram.OpenSink(), new MemoryDevices(), readers, faults);
        var options = new LiveOptions
        {
            Postcopy = true,
            BandwidthBytesPerSecond = 1 << 20,
            Convergence = new ConvergenceOptions { DowntimeLimit = TimeSpan.FromTicks(-1), PostcopyAfterRounds = 1 },
        };
        using var conversation = new LiveConversation(source, destination, options);
        var run = conversation.RunAsync();
        conversation.Outgoing.StartPostcopy();
        SpinWait.SpinUntil(() => conversation.Incoming.State == MigrationState.PostcopyActive, TimeSpan.FromSeconds(20));
        conversation.Cancel.Cancel();
        var (_, incoming) = await run;
        Assert.IsType<PeerLostException>(incoming);
        Assert.Equal(MigrationState.PostcopyPaused, conversation.Incoming.State);
        Assert.False(readers.HaveEnded(TimeSpan.FromMilliseconds(300)), "somebody got a page that never came");
        // Giving up ends the wait; nobody looks at what is found then.
        readers.Stop();
        faults.Dispose();
        readers.Join();
    }

    [Fact]
    public void A_page_is_told_once_however_many_wait_for_it()
    {
        Assert.SkipWhen(MissingPages.Refusal() is not null, MissingPages.Refusal() ?? "");
        using var ram = new GuestRam([new RamBlockLayout("a", 4 * RamBlock.PageSize), new RamBlockLayout("b", 4 * RamBlock.PageSize)]);
        using var faults = new MissingPages(ram);
        // The stream has them in another order.
        RamBlock[] told = [new(0, "b", 4 * RamBlock.PageSize), new(1, "a", 4 * RamBlock.PageSize)];
        var sink = ram.OpenSink();
        sink.DeclareBlocks(told);
        faults.Begin(told);
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() => ram.Hosted[1].Memory.ReadByte(2 * RamBlock.PageSize))).ToArray();
        foreach (var thread in threads) thread.Start();
        Assert.True(faults.WaitForFault(CancellationToken.None, out var page));
        Assert.Equal(new PageAddress(0, 2), page);
        using var soon = new CancellationTokenSource(200);
        Assert.False(faults.WaitForFault(soon.Token, out _));
        using var writer = sink.OpenWriter();
        writer.WriteZeroPage(0, 2);
        foreach (var thread in threads) Assert.True(thread.Join(TimeSpan.FromSeconds(10)));
        // What the machine has written since stays when the page comes once more.
        ram.Hosted[1].Memory.WriteByte(2 * RamBlock.PageSize, 7);
        writer.WriteZeroPage(0, 2);
        Assert.Equal(7, ram.Hosted[1].Memory.ReadByte(2 * RamBlock.PageSize));
        faults.End();
        Assert.Equal(0, ram.Hosted[0].Memory.ReadByte(0));
    }

    /// <summary>The machine at the destination: threads that read every page in an order of their own, and write to some.</summary>
    private sealed class Readers(GuestRam ram, int seed, int writeOneIn = 10) : IMachineControl, IDisposable
    {
        private const byte Mark = 0xa5;

        private readonly List<Thread> threads = [];
        private readonly ConcurrentDictionary<(int Block, long Offset), byte> written = new();
        private volatile bool ends;

        public ConcurrentQueue<Exception> Failures { get; } = [];

        /// <summary>How long each touch of a page took.</summary>
        public ConcurrentBag<TimeSpan> Waits { get; } = [];

        public void Start()
        {
            for (var reader = 0; reader < 3; reader++)
            {
                var random = new Random((seed * 7) + reader);
                var thread = new Thread(() => Run(random)) { IsBackground = true };
                threads.Add(thread);
                thread.Start();
            }
        }

        public void Stop() => ends = true;

        public void Join()
        {
            foreach (var thread in threads) Assert.True(thread.Join(TimeSpan.FromSeconds(30)), "a reader waits for ever");
        }

        public bool HaveEnded(TimeSpan wait) => threads.Count > 0 && threads.TrueForAll(thread => thread.Join(wait));

        /// <summary>Puts back what these threads wrote over.</summary>
        public void TakeBack(int block, byte[] bytes)
        {
            foreach (var ((where, offset), before) in written)
            {
                if (where != block) continue;
                Assert.Equal(Mark, bytes[offset]);
                bytes[offset] = before;
            }
        }

        public void Dispose() => Stop();

        private void Run(Random random)
        {
            try
            {
                var pages = ram.Blocks.SelectMany(block => Enumerable.Range(0, (int)block.PageCount).Select(page => (block.Index, Page: (long)page))).ToArray();
                random.Shuffle(pages);
                var garbage = new byte[1][];
                foreach (var (block, page) in pages)
                {
                    if (ends) return;
                    garbage[0] = new byte[1000];
                    var offset = (page * RamBlock.PageSize) + random.Next(RamBlock.PageSize);
                    var begun = Stopwatch.GetTimestamp();
                    if (random.Next(writeOneIn) > 0) ram.Hosted[block].Memory.ReadByte(offset);
                    else Write(block, offset);
                    Waits.Add(Stopwatch.GetElapsedTime(begun));
                }
            }
            catch (Exception failure)
            {
                Failures.Enqueue(failure);
            }
        }

        private void Write(int block, long offset)
        {
            var memory = ram.Hosted[block].Memory;
            lock (written)
            {
                var before = memory.ReadByte(offset);
                if (written.TryAdd((block, offset), before)) memory.WriteByte(offset, Mark);
            }
        }
    }
}
