using System.Text.Json.Nodes;
using Savevm.Linux.Memory;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.Repository;
using Savevm.Repository.Snapshots;

namespace Savevm.Cli.Tests.Commands;

/// <summary>The operations on a real repository.</summary>
public sealed class SnapshotOperationsTests : IDisposable
{
    private const int Pages = 40;
    private readonly string _folder = Directory.CreateTempSubdirectory("savevm-test-").FullName;
    private readonly SnapshotOperations _operations = new();

    public SnapshotOperationsTests()
    {
        using SnapshotRepository repository = SnapshotRepository.Open(_folder, create: true);
        using SnapshotWriter writer = repository.BeginSnapshot("web");
        writer.Ram.DeclareBlocks([new RamBlock(0, "pc.ram", Pages * RamBlock.PageSize)]);
        using (var page = new NativeBuffer(RamBlock.PageSize, RamBlock.PageSize))
        using (IPageWriter pages = writer.Ram.OpenWriter())
        {
            page.Span.Fill(7);
            pages.WritePage(0, 3, page.Span);
            pages.Flush();
        }

        writer.Devices.AcceptDevices(new DeviceState
        {
            MachineName = "pc-i440fx-7.2",
            ConfigurationSubsections = new byte[1],
            RamSectionId = 2,
            Sections = [new DeviceSection("timer", 0, 2, 0, new byte[24])],
            Commands = [],
            Description = "{}"u8.ToArray(),
        });
        writer.Commit(
            new SnapshotFacts
            {
                RunState = "running",
                Mode = "live",
                Tags = new Dictionary<string, string> { ["purpose"] = "demo" },
                Machine = new JsonObject { ["machine_type"] = "pc-i440fx-7.2", ["accelerator"] = 7 },
                Source = new JsonObject { ["qemu_version"] = "7.2.22", ["argv"] = new JsonArray("qemu", "-m", "1G") },
            },
            CancellationToken.None);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_list_tells_what_the_manifest_says_and_leaves_out_facts_of_another_kind()
    {
        SnapshotSummary summary = Assert.Single(_operations.List(_folder));
        Assert.Equal("web", summary.Name);
        Assert.Equal(Pages * RamBlock.PageSize, summary.GuestBytes);
        Assert.Equal(RamBlock.PageSize, summary.DataBytes);
        Assert.Equal("pc-i440fx-7.2", summary.Machine);
        Assert.Equal("7.2.22", summary.QemuVersion);
        Assert.Null(summary.Accelerator);
        Assert.Equal("demo", summary.Tags["purpose"]);
        Assert.Null(summary.Defect);
    }

    [Fact]
    public void Show_tells_ram_blocks_sections_and_the_command_line()
    {
        SnapshotDetails details = _operations.Show(_folder, "web");
        Assert.Equal([new SnapshotRamBlock("pc.ram", Pages * RamBlock.PageSize, RamBlock.PageSize)], details.RamBlocks);
        Assert.Equal([new SnapshotSection("timer", 0, 2, 24)], details.Sections);
        Assert.Equal(["qemu", "-m", "1G"], details.CommandLine);
        Assert.Null(details.Emulator);
    }

    [Fact]
    public void Show_tells_the_working_set_and_check_remarks_on_a_damaged_one()
    {
        Assert.Null(_operations.Show(_folder, "web").WorkingSet);
        string folder;
        using (SnapshotRepository repository = SnapshotRepository.Open(_folder, create: false))
        using (Snapshot snapshot = repository.Find("web"))
        {
            folder = snapshot.DirectoryPath;
            snapshot.AddToWorkingSet([new PageAddress(0, 3), new PageAddress(0, 7)], isNewResume: true);
        }

        Assert.Equal(new SnapshotWorkingSet(2, 2 * RamBlock.PageSize, 1), _operations.Show(_folder, "web").WorkingSet);
        Assert.Empty(_operations.Check(_folder, "web", readData: true, _ => { }, CancellationToken.None).Remarks);
        File.WriteAllText(Path.Combine(folder, "working-set.bin"), "anything");
        Assert.Contains("working-set.bin", _operations.Show(_folder, "web").WorkingSet!.Defect, StringComparison.Ordinal);
        CheckedSnapshot check = _operations.Check(_folder, "web", readData: true, _ => { }, CancellationToken.None);
        Assert.Empty(check.Defects);
        Assert.Equal("working-set.bin", Assert.Single(check.Remarks).Item);
    }

    [Fact]
    public void Tags_are_set_replaced_and_removed()
    {
        IReadOnlyDictionary<string, string> tags =
            _operations.Tag(_folder, "web", new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" }, ["purpose", "never-there"]);
        Assert.Equal(new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" }, tags);
        Assert.Equal(tags, _operations.Tag(_folder, "web", new Dictionary<string, string>(), []));
        Assert.Equal(tags, Assert.Single(_operations.List(_folder)).Tags);
    }

    [Fact]
    public async Task A_renamed_snapshot_is_found_under_its_new_name_and_a_removed_one_not_at_all()
    {
        _operations.Rename(_folder, "web", "old");
        Assert.Throws<SnapshotNotFoundException>(() => _operations.Show(_folder, "web"));
        Assert.Equal("old", _operations.Show(_folder, "old").Summary.Name);
        var removal = new RemoveRequest { RepositoryPath = _folder, Name = "old" };
        RemoveReport report = await new Savevm.Removals.RemoveOperation().RunAsync(removal, new SilentObserver(), TestContext.Current.CancellationToken);
        Assert.Equal("old", report.Name);
        Assert.Empty(report.Notes);
        Assert.Empty(_operations.List(_folder));
    }

    [Fact]
    public void Check_finds_nothing_in_a_good_snapshot_and_the_place_in_a_bad_one()
    {
        List<ProgressUpdate> updates = [];
        CheckedSnapshot good = _operations.Check(_folder, "web", readData: true, updates.Add, CancellationToken.None);
        Assert.Empty(good.Defects);
        Assert.Equal(Pages * RamBlock.PageSize, good.BytesRead);
        Assert.Equal(good.BytesRead, updates[^1].TotalBytes);

        string image;
        using (SnapshotRepository repository = SnapshotRepository.Open(_folder, create: false))
        using (Snapshot snapshot = repository.Find("web"))
        {
            image = snapshot.RamImagePath(0);
        }

        File.SetUnixFileMode(image, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using (FileStream file = File.OpenWrite(image))
        {
            file.Position = 3 * RamBlock.PageSize;
            file.WriteByte(8);
        }

        SnapshotDefect defect = Assert.Single(_operations.Check(_folder, "web", readData: true, _ => { }, CancellationToken.None).Defects);
        Assert.Equal(0, defect.Offset);
        Assert.Empty(_operations.Check(_folder, "web", readData: false, _ => { }, CancellationToken.None).Defects);
    }

    [Fact]
    public void A_place_without_repository_is_said_so() =>
        Assert.Throws<RepositoryNotFoundException>(() => _operations.List(Path.Combine(_folder, "nowhere")));
}
