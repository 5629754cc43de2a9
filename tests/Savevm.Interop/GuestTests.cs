using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>The oracle itself: the guest boots everywhere, survives QEMU's own migration, and sees what is broken.</summary>
public sealed class GuestTests
{
    public static TheoryData<string, string, string> Machines
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach (QemuInstallation qemu in QemuLab.All)
            {
                foreach (string family in new[] { "pc", "q35" })
                {
                    rows.Add(qemu.Name, family, "tcg");
                    rows.Add(qemu.Name, family, "kvm");
                }
            }

            return rows;
        }
    }

    public static TheoryData<string, string, string> Pairs
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach ((QemuInstallation source, QemuInstallation destination) in QemuLab.All.Zip(QemuLab.All)
                .Append((QemuLab.Oldest, QemuLab.Newest)).Distinct())
            {
                rows.Add(source.Name, destination.Name, "pc");
                rows.Add(source.Name, destination.Name, "q35");
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task TicksOneByOneAlsoAcrossAStop(string qemu, string family, string accelerator)
    {
        QemuLab.Require(accelerator);
        await using var workspace = new Workspace();
        QemuInstallation installation = QemuLab.Named(qemu);
        LabGuest guest = await LabGuest.StartAsync(
            workspace, installation, GuestSpecification.For(installation.Machine(family), accelerator));
        await guest.UntilTickAsync(5);
        await guest.StopAsync();
        string before = await guest.DigestAsync();
        int last = (await guest.ReadAsync()).LastTick;
        Assert.Equal(before, await guest.DigestAsync());
        Assert.Equal(last, (await guest.ReadAsync()).LastTick);
        await guest.ContinueAsync();
        await guest.MoreTicksAsync(10);
        guest.Log.AssertSound();
        Assert.Equal(1, guest.Log.FirstTick);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task KeepsEveryTickThroughAMigrationBetweenQemus(string source, string destination, string family)
    {
        await using var workspace = new Workspace();
        (LabGuest from, LabGuest to) = await PairAsync(workspace, source, destination, family);
        await from.Monitor.ExecuteAsync("stop");
        string digest = await from.DigestAsync();
        await MigrateAsync(workspace, from, to);
        Assert.Equal("paused", await to.Monitor.StatusAsync());
        Assert.Equal(digest, await to.DigestAsync());
        await to.ContinueAsync();
        await AssertWentOnAsync(from, to);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task KeepsEveryTickThroughAPostcopyBetweenQemus(string source, string destination, string family)
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
        await using var workspace = new Workspace();
        (LabGuest from, LabGuest to) = await PairAsync(workspace, source, destination, family);
        await from.Monitor.SetCapabilityAsync("postcopy-ram");
        await to.Monitor.SetCapabilityAsync("postcopy-ram");
        await from.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 4 << 20 });
        await MigrateAsync(workspace, from, to, postcopy: true);
        await AssertWentOnAsync(from, to);
    }

    [Fact]
    public async Task SeesAByteThatChangedUnderIt()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        string memory = Path.Combine(workspace.NewFolder("m"), "ram");
        GuestSpecification specification = GuestSpecification.For(qemu.Machine("pc") + ",memory-backend=pc.ram", "tcg") with
        {
            Rate = 0,
            Extra = ["-object", $"memory-backend-file,id=pc.ram,size=64M,mem-path={memory},share=on"],
        };
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(specification.TicksPerPass * 2);
        guest.Log.AssertSound();
        await using (FileStream stream = new(memory, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            Flip(stream, (16L << 20) + (700 * 4096) + 4095);
        }

        await guest.MoreTicksAsync(specification.TicksPerPass + 2);
        Assert.Contains("CORRUPT page=700 word=1023 ", guest.Log.Text, StringComparison.Ordinal);
        Assert.EndsWith(" bad\n", guest.Log.Text, StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(guest.Log.AssertSound);
    }

    [Fact]
    public async Task SeesAStaleAndABrokenPageInAStream()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        GuestSpecification specification = GuestSpecification.For(qemu.Machine("pc"), "tcg");
        LabGuest from = await LabGuest.StartAsync(workspace, qemu, specification);
        await from.UntilTickAsync(5);
        await from.StopAsync();
        string file = Path.Combine(workspace.NewFolder("s"), "stream");
        await from.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"exec:cat > {file}" });
        await from.Monitor.MigrationStatusAsync("completed");
        byte[] stream = File.ReadAllBytes(file);

        int stale = FindPage(stream, 1500, out int staleAt);
        stream[staleAt]--;
        int broken = FindPage(stream, stale + 1, out int brokenAt);
        stream[brokenAt + 2000] ^= 1;
        File.WriteAllBytes(file, stream);

        LabGuest to = await LabGuest.StartAsync(workspace, qemu, specification, "-incoming", $"exec:cat {file}");
        await to.Monitor.MigrationStatusAsync("completed");
        await to.ContinueAsync();
        await to.UntilTickAsync((await from.ReadAsync()).LastTick + specification.TicksPerPass + 2);
        Assert.Contains($"CORRUPT page={stale} word=0 ", to.Log.Text, StringComparison.Ordinal);
        Assert.Contains($"CORRUPT page={broken} word=500 ", to.Log.Text, StringComparison.Ordinal);
    }

    /// <summary>Where the first page from this one on is that is not zero: its first words are its generation, still 1, and its index.</summary>
    private static int FindPage(ReadOnlySpan<byte> stream, int page, out int offset)
    {
        Span<byte> head = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(head, 1);
        for (; ; page++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(head[4..], page);
            offset = stream.IndexOf(head);
            if (offset >= 0)
            {
                return page;
            }
        }
    }

    private static void Flip(FileStream stream, long offset)
    {
        stream.Position = offset;
        int value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value ^ 0x10));
    }

    private static async Task<(LabGuest From, LabGuest To)> PairAsync(Workspace workspace, string source, string destination, string family)
    {
        QemuInstallation first = QemuLab.Named(source);
        QemuInstallation second = QemuLab.Named(destination);
        GuestSpecification specification = GuestSpecification.For(first.SharedMachine(family, second), "tcg");
        LabGuest from = await LabGuest.StartAsync(workspace, first, specification);
        LabGuest to = await LabGuest.StartAsync(workspace, second, specification, "-incoming", "defer");
        await from.UntilTickAsync(5);
        return (from, to);
    }

    private static async Task MigrateAsync(Workspace workspace, LabGuest from, LabGuest to, bool postcopy = false)
    {
        string uri = $"unix:{workspace.NewFolder("w")}/stream";
        await to.Monitor.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = uri });
        await from.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = uri });
        if (postcopy)
        {
            await from.Monitor.MigrationStatusAsync("active");
            await from.Monitor.ExecuteAsync("migrate-start-postcopy");
        }

        await from.Monitor.MigrationStatusAsync("completed");
        await to.Monitor.MigrationStatusAsync("completed");
    }

    private static async Task AssertWentOnAsync(LabGuest from, LabGuest to)
    {
        int last = (await from.ReadAsync()).LastTick;
        await to.UntilTickAsync(last + 12);
        to.Log.AssertContinues(from.Log);
    }
}
