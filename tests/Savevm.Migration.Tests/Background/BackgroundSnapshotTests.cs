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
        for (var round = 0; round < 5; round++)
        {
            using var image = await TakeAsync(machine, TestContext.Current.CancellationToken);
            image.AssertIsOf(machine);
            Assert.True(image.PagesAhead > 0 || round > 0, "no page was wanted before its turn");
        }
        Assert.True(collector.Count > 3, $"{collector.Count} collections");
        var writes = machine.Writes;
        SpinWait.SpinUntil(() => machine.Writes > writes + 1000, TimeSpan.FromSeconds(10));
        Assert.True(machine.Writes > writes + 1000, "the machine does not go on");
    }

    private static void SkipWhereRefused() =>
        Assert.SkipWhen(WriteProtection.Refusal() is { }, $"no write protection here: {WriteProtection.Refusal()}");

    private static async Task<TakenImage> TakeAsync(NumberedMachine machine, CancellationToken cancellationToken)
    {
        var (ours, theirs) = ChannelPair.Create();
        using (ours)
        using (theirs)
        {
            var image = new TakenImage(machine.Ram);
            using var frozen = new FrozenRam(machine.Ram, new PagerOptions());
            var snapshot = new BackgroundSnapshot(new FreezableMachine(new MachineOutline("pc-test-1.0", 2), frozen, MemoryDevices.Random(5), machine), ours);
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
