namespace Savevm.Cli.Tests.Commands;

public sealed class SnapshotCommandTests
{
    private const string SummaryFields =
        "\"name\":\"web\",\"created\":\"2025-03-01T14:02:11+00:00\",\"guest_bytes\":2147483648,\"data_bytes\":640679936,\"mode\":\"live\","
        + "\"machine\":\"pc-i440fx-7.2\",\"qemu_version\":\"7.2.22\",\"accelerator\":\"tcg\",\"state\":\"running\",\"tags\":{\"purpose\":\"demo\"},"
        + "\"defect\":null";

    [Theory]
    [InlineData("list --repository /r --json", "{\"repository\":\"/r\",\"snapshots\":[{" + SummaryFields + "}]}")]
    [InlineData(
        "show web --json",
        "{" + SummaryFields + ",\"path\":\"/r/web\",\"emulator\":\"/usr/bin/qemu\",\"command_line\":[\"qemu\",\"-name\",\"a b\"],\"corrections\":[\"the device n was plugged in while the guest ran\"],"
        + "\"guests\":[],\"disks\":[],\"working_set\":null,\"ram_blocks\":[{\"name\":\"pc.ram\",\"bytes\":2147483648,\"data_bytes\":640679936}],"
        + "\"sections\":[{\"name\":\"timer\",\"instance_id\":0,\"version_id\":2,\"bytes\":24}]}")]
    [InlineData("rename web old --json", "{\"name\":\"old\",\"old_name\":\"web\"}")]
    [InlineData("tag web a=1 --remove b --json", "{\"name\":\"web\",\"tags\":{\"a\":\"1\"}}")]
    [InlineData("rm web old --json", "{\"removed\":[\"web\",\"old\"],\"merged\":[],\"notes\":[],\"guests\":[]}")]
    [InlineData("check web --read-data --json", "{\"snapshots\":[{\"name\":\"web\",\"bytes_read\":4096,\"defects\":[],\"remarks\":[]}]}")]
    public async Task The_json_documents_keep_their_names(string words, string document)
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.Done, await screen.RunAsync(words.Split(' ')));
        Assert.Equal(document + "\n", screen.Out);
        Assert.Empty(screen.Error);
    }

    [Fact]
    public async Task A_list_is_a_table_and_names_only_when_asked()
    {
        var screen = new TestScreen();
        await screen.RunAsync("list");
        string[] lines = screen.Out.Split('\n');
        Assert.Equal(["NAME", "CREATED", "RAM", "STORED", "MODE", "MACHINE", "TAGS"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("web   2025-03-01 ", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("2.00 GiB  611 MiB  live  pc-i440fx-7.2  purpose=demo", lines[1], StringComparison.Ordinal);

        screen = new TestScreen();
        await screen.RunAsync("list", "--names");
        Assert.Equal("web\n", screen.Out);
    }

    [Fact]
    public async Task Show_quotes_the_command_line_as_a_shell_needs_it()
    {
        var screen = new TestScreen();
        await screen.RunAsync("show", "web");
        Assert.Contains("\ncommand:  qemu -name 'a b'\n          the device n was plugged in while the guest ran\n", screen.Out, StringComparison.Ordinal);
        Assert.Contains("\nmachine:  pc-i440fx-7.2, QEMU 7.2.22, tcg, running\n", screen.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_tells_how_large_the_working_set_is_or_why_it_cannot_be_used()
    {
        var screen = new TestScreen { Scripted = { WorkingSet = new SnapshotWorkingSet(512, 2 << 20, 1) } };
        await screen.RunAsync("show", "web");
        Assert.Contains("\nneeded:   512 pages, 2.00 MiB, the working set of 1 resume\n", screen.Out, StringComparison.Ordinal);

        screen = new TestScreen { Scripted = { WorkingSet = new SnapshotWorkingSet(512, 2 << 20, 3) } };
        await screen.RunAsync("show", "web", "--json");
        Assert.Contains("\"working_set\":{\"pages\":512,\"bytes\":2097152,\"resumes\":3,\"defect\":null}", screen.Out, StringComparison.Ordinal);

        screen = new TestScreen { Scripted = { WorkingSet = new SnapshotWorkingSet(0, 0, 0, "it is cut off") } };
        await screen.RunAsync("show", "web");
        Assert.Contains("\nneeded:   unknown, since the working set cannot be used: it is cut off\n", screen.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guests_that_run_from_a_snapshot_are_shown_and_named_when_it_is_removed()
    {
        var screen = new TestScreen();
        screen.Scripted.Running.Add(new RunningGuest
        {
            Name = "web-2",
            Number = 2,
            ProcessId = 4711,
            Mode = "clone",
            Since = new DateTimeOffset(2025, 3, 1, 14, 2, 11, TimeSpan.Zero),
            MonitorPath = "/run/q/qmp",
            RunDirectory = "/run/q",
        });
        screen.Scripted.Running.Add(new RunningGuest { ProcessId = 4712, RunDirectory = "/run/r" });
        await screen.RunAsync("show", "web");
        Assert.Matches(@"\nGUEST +PID +MODE +SINCE +RAM +MONITOR\nweb-2 +4711 +clone +2025-03-01 .* +whole +/run/q/qmp\n- +4712 +- +- +whole +-\n\nRAM BLOCK", screen.Out);

        screen = new TestScreen { Scripted = { Running = { screen.Scripted.Running[0], screen.Scripted.Running[1] } } };
        await screen.RunAsync("show", "web", "--json");
        Assert.Contains(
            "\"guests\":[{\"name\":\"web-2\",\"number\":2,\"pid\":4711,\"mode\":\"clone\",\"since\":\"2025-03-01T14:02:11+00:00\",\"monitor\":\"/run/q/qmp\",\"run_directory\":\"/run/q\",\"waits_for_ram\":false,\"interrupted\":false},"
            + "{\"name\":null,\"number\":null,\"pid\":4712,\"mode\":null,\"since\":null,\"monitor\":null,\"run_directory\":\"/run/r\",\"waits_for_ram\":false,\"interrupted\":false}]",
            screen.Out,
            StringComparison.Ordinal);

        screen = new TestScreen { Scripted = { Running = { screen.Scripted.Running[0], screen.Scripted.Running[1] } } };
        Assert.Equal(ExitCode.Done, await screen.RunAsync("rm", "web"));
        Assert.Equal(
            "note: web is removed, but still runs as web-2 (clone, pid 4711), (pid 4712): they keep their memory, and the disk space returns when the last ends\n",
            screen.Error);
    }

    [Fact]
    public async Task Rm_removes_the_others_when_one_is_missing_and_still_fails()
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.NotFound, await screen.RunAsync("rm", "web", "missing", "old"));
        Assert.Equal(["rm web", "rm missing", "rm old"], screen.Scripted.Calls);
    }

    [Fact]
    public async Task Check_takes_all_snapshots_when_none_is_named_and_exits_with_4_on_damage()
    {
        var screen = new TestScreen();
        screen.Scripted.Defects.Add(new SnapshotDefect("ram/0", 65536, "does not match its checksum"));
        Assert.Equal(ExitCode.Damaged, await screen.RunAsync("check", "--read-data", "--repository", "/r"));
        Assert.Equal(["list /r", "check web True"], screen.Scripted.Calls);
        Assert.Equal("web: damaged, 4.00 KiB checked\n  ram/0 at offset 0x10000: does not match its checksum\n", screen.Out);
    }

    [Fact]
    public async Task Tag_prints_the_tags_that_are_there()
    {
        var screen = new TestScreen();
        await screen.RunAsync("tag", "web", "b=2", "a=with space");
        Assert.Equal("a=with space\nb=2\n", screen.Out);
    }
}
