using Savevm.Hosting.Paging;
using Savevm.Hosting.Ram;
using Savevm.Hosting.Snapshots;
using Savevm.Machine;
using Savevm.Migration.Background;
using Savevm.Migration.Incoming;
using Savevm.Migration.Tests.Doubles;
using Savevm.Transport;

namespace Savevm.Migration.Tests.Background;

public sealed class BackgroundSnapshotTests
{
    public static TheoryData<WriterKind, bool, int> Writers
    {
        get
        {
            var rows = new TheoryData<WriterKind, bool, int>();
            foreach (var kind in Enum.GetValues<WriterKind>())
            {
                rows.Add(kind, false, 1);
                rows.Add(kind, true, 2);
            }
            rows.Add(WriterKind.Managed, false, 4);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task The_image_is_of_the_instant_whoever_writes_and_however_often_memory_is_collected(WriterKind kind, bool inMemoryFile, int writers)
    {
        SkipWhereRefused();
        using var machine = new NumberedMachine(inMemoryFile ? RamBacking.MemoryFile : RamBacking.Anonymous, kind, writers);
        using var collector = new Collector();
        machine.AwaitWritten();
        long ahead = 0;
        // On a busy machine a snapshot may be over before a writer has its turn.
        for (var round = 0; round < 5 || (ahead == 0 && round < 50); round++)
        {
            using var image = await TakeAsync(machine, TestContext.Current.CancellationToken);
            image.AssertIsOf(machine);
            ahead += image.PagesAhead;
        }
        Assert.True(ahead > 0, "no page was wanted before its turn");
        Assert.True(collector.Count > 3, $"{collector.Count} collections");
        var writes = machine.Writes;
        SpinWait.SpinUntil(() => machine.Writes > writes + 1000, TimeSpan.FromSeconds(10));
        Assert.True(machine.Writes > writes + 1000, "the machine does not go on");
    }

    [Fact]
    public async Task A_pager_that_is_killed_costs_the_snapshot_and_not_the_machine()
    {
        SkipWhereRefused();
        using var machine = new NumberedMachine(RamBacking.Anonymous, WriterKind.Native, 2);
        var failure = await FailAsync(machine, new PagerOptions(), frozen => ChildKiller.Kill(frozen.PagerProcessId), TestContext.Current.CancellationToken);
        Assert.Contains("its pager ended", Assert.IsType<IOException>(failure).Message, StringComparison.Ordinal);
        AssertGoesOn(machine);
    }

    [Fact]
    public async Task A_disk_without_room_for_copies_costs_the_snapshot_and_not_the_machine()
    {
        SkipWhereRefused();
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full here");
        using var machine = new NumberedMachine(RamBacking.Anonymous, WriterKind.Managed, 2);
        using var collector = new Collector();
        var failure = await FailAsync(machine, new PagerOptions { CopiesMemory = 0 }, _ => { }, TestContext.Current.CancellationToken, copies: "/dev/full");
        Assert.Contains("No space left on device", Assert.IsType<IOException>(failure).Message, StringComparison.Ordinal);
        AssertGoesOn(machine);
    }

    [Fact]
    public async Task A_cancelled_snapshot_leaves_the_machine_as_it_was()
    {
        SkipWhereRefused();
        using var machine = new NumberedMachine(RamBacking.MemoryFile, WriterKind.Managed, 2);
        using var cancel = new CancellationTokenSource();
        var failure = await FailAsync(machine, new PagerOptions(), _ => cancel.Cancel(), cancel.Token);
        Assert.IsType<OperationCanceledException>(failure);
        AssertGoesOn(machine);
        using var image = await TakeAsync(machine, TestContext.Current.CancellationToken);
        image.AssertIsOf(machine);
    }

    [Fact]
    public async Task A_sink_that_breaks_leaves_the_machine_as_it_was()
    {
        SkipWhereRefused();
        using var machine = new NumberedMachine(RamBacking.Anonymous, WriterKind.Managed, 2);
        Assert.IsType<PeerLostException>(await FailAsync(machine, new PagerOptions(), _ => { }, TestContext.Current.CancellationToken, breaksSink: true));
        AssertGoesOn(machine);
    }

    [Fact]
    public async Task A_kernel_that_protects_only_what_is_mapped_is_helped()
    {
        SkipWhereRefused();
        using var machine = new NumberedMachine(RamBacking.Anonymous, WriterKind.Managed, 2);
        using var image = await TakeAsync(machine, TestContext.Current.CancellationToken, populatesFirst: true);
        image.AssertIsOf(machine);
    }

    [Fact]
    public async Task What_was_never_written_to_takes_no_memory_and_what_is_discarded_meanwhile_is_of_the_instant()
    {
        SkipWhereRefused();
        using var machine = new NumberedMachine(RamBacking.MemoryFile, WriterKind.Accessor, 1, mebibytes: 512);
        var before = machine.Ram.Hosted[0].File!.Status().AllocatedBytes;
        using var image = await TakeAsync(machine, TestContext.Current.CancellationToken, meanwhile: () =>
        {
            Assert.Throws<InvalidOperationException>(() => machine.Ram.Resize(1, 4096));
            machine.Ram.Discard(1, 0, 5);
        });
        image.AssertIsOf(machine);
        Assert.True(machine.Ram.Hosted[0].File!.Status().AllocatedBytes < before + (20 << 20), "reading has populated memory");
        Assert.Equal(NumberedMachine.Rom, image.Read(1, 0));
    }

    [Fact]
    public async Task A_slow_sink_slows_nobody_and_memory_stays_bounded()
    {
        SkipWhereRefused();
        using var machine = new NumberedMachine(RamBacking.Anonymous, WriterKind.Managed, 2);
        var before = machine.Writes;
        using var image = await TakeAsync(machine, TestContext.Current.CancellationToken, meanwhile: () =>
        {
            // Nothing is read from the other end for a second.
            Thread.Sleep(1000);
            Assert.True(machine.Writes > before + 8000, $"{machine.Writes - before} writes while the sink stood still");
        });
        image.AssertIsOf(machine);
    }

    [Fact]
    public void Pages_at_fixed_places_need_a_file()
    {
        using var machine = new NumberedMachine(RamBacking.Anonymous, WriterKind.Managed, 1);
        var (ours, theirs) = ChannelPair.Create();
        using (ours)
        using (theirs)
        {
            var frozen = new FrozenRam(machine.Ram, new PagerOptions());
            var freezable = new FreezableMachine(new MachineOutline("pc-test-1.0", 2), frozen, MemoryDevices.Random(5), machine);
            var refused = Assert.Throws<MachineRefusedException>(() => new BackgroundSnapshot(freezable, ours) { MappedRam = true }.Run(CancellationToken.None));
            Assert.Contains("is written to a file", refused.Message, StringComparison.Ordinal);
        }
        AssertGoesOn(machine);
    }

    private static void AssertGoesOn(NumberedMachine machine)
    {
        var writes = machine.Writes;
        SpinWait.SpinUntil(() => machine.Writes > writes + 10000, TimeSpan.FromSeconds(20));
        Assert.True(machine.Writes > writes + 10000, "the machine does not go on");
    }

    /// <summary>A snapshot that does not come to its end, since nobody reads it: something happens when RAM is frozen.</summary>
    private static async Task<Exception?> FailAsync(
        NumberedMachine machine, PagerOptions options, Action<FrozenRam> meanwhile, CancellationToken cancellationToken, string? copies = null, bool breaksSink = false)
    {
        // More than the connection holds.
        machine.AwaitWritten();
        var (ours, theirs) = ChannelPair.Create();
        using (ours)
        using (theirs)
        {
            using var frozen = new FrozenRam(machine.Ram, options) { CopiesPath = copies };
            var snapshot = new BackgroundSnapshot(new FreezableMachine(new MachineOutline("pc-test-1.0", 2), frozen, MemoryDevices.Random(5), machine), ours);
            var saving = EngineThread.Run(() => snapshot.Run(cancellationToken));
            SpinWait.SpinUntil(() => snapshot.State == MigrationState.Active || saving.IsCompleted, TimeSpan.FromSeconds(20));
            Thread.Sleep(100);
            meanwhile(frozen);
            if (breaksSink) theirs.Dispose();
            else
            {
                // Whoever copies sees what happened when he can go on.
                var buffer = new byte[1 << 20];
                try
                {
                    while (!saving.IsCompleted && theirs.Read(buffer) > 0)
                    {
                    }
                }
                catch (IOException)
                {
                    // The sender has broken it.
                }
            }
            return await saving;
        }
    }

    private static void SkipWhereRefused() =>
        Assert.SkipWhen(WriteProtection.Refusal() is { }, $"no write protection here: {WriteProtection.Refusal()}");

    private static async Task<TakenImage> TakeAsync(
        NumberedMachine machine, CancellationToken cancellationToken, bool populatesFirst = false, Action? meanwhile = null)
    {
        var (ours, theirs) = ChannelPair.Create();
        using (ours)
        using (theirs)
        {
            var image = new TakenImage(machine.Ram);
            using var frozen = new FrozenRam(machine.Ram, new PagerOptions()) { PopulatesFirst = populatesFirst };
            var snapshot = new BackgroundSnapshot(new FreezableMachine(new MachineOutline("pc-test-1.0", 2), frozen, MemoryDevices.Random(5), machine), ours)
            {
                StateChanged = state =>
                {
                    if (state == MigrationState.Active) meanwhile?.Invoke();
                },
            };
            var reading = EngineThread.Run(() => new IncomingMigration(image.Machine, theirs).Run(cancellationToken));
            var saving = EngineThread.Run(() =>
            {
                snapshot.Run(cancellationToken);
                image.PagesAhead = frozen.PagesAhead;
                ours.CloseWrite();
            });
            Assert.Null(await saving);
            Assert.Null(await reading);
            return image;
        }
    }
}
