using System.Diagnostics;
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>What a resumed guest asked for is sent before it runs the next time.</summary>
public sealed class WorkingSetTests
{
    public static TheoryData<string> Qemus => [.. QemuLab.All.Select(qemu => qemu.Name)];

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task TheSecondResumeAsksForAlmostNothing(string qemu)
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user");
        await using var workspace = new Workspace();
        LabGuest guest = await CapturedAsync(workspace, QemuLab.Named(qemu));
        Assert.Null((await ShowAsync(workspace))["working_set"]);

        (JsonNode running, JsonNode complete) = await ResumeAsync(workspace, guest, "none");
        int first = (int)complete["page_requests"]!;
        Assert.True(first > 4000, $"only {first} pages were asked for");
        Assert.True((int)running["pages_before_run"]! < 100, running.ToJsonString());
        JsonNode set = (await ShowAsync(workspace))["working_set"]!;
        Assert.InRange((int)set["pages"]!, first * 9 / 10, first);
        Assert.Equal(1, (int)set["resumes"]!);
        Assert.Equal((long)set["pages"]! * 4096, (long)set["bytes"]!);

        foreach (string prefetch in new[] { "working-set", "all" })
        {
            (running, complete) = await ResumeAsync(workspace, guest, prefetch);
            Assert.InRange((int)running["pages_before_run"]!, (int)set["pages"]!, first * 2);
            int again = (int)complete["page_requests"]!;
            Assert.True(again * 100 <= first * 3, $"{prefetch}: {again} of {first} pages were asked for again");
        }

        (await SavevmCommand.RunAsync(workspace, "check", "web", "--read-data")).Expect(0);
    }

    [Fact]
    public async Task ADamagedOneIsNotedIgnoredAndReplaced()
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user");
        await using var workspace = new Workspace();
        LabGuest guest = await CapturedAsync(workspace, QemuLab.Newest);
        await ResumeAsync(workspace, guest, "none");
        string file = Path.Combine(await SavevmCommand.FolderAsync(workspace, "web"), "working-set.bin");
        byte[] bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes[100] ^= 4;
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);

        SavevmResult check = (await SavevmCommand.RunAsync(workspace, "check", "web", "--json")).Expect(0);
        Assert.Contains("working-set.bin", check.Output, StringComparison.Ordinal);
        Assert.NotNull((string?)(await ShowAsync(workspace))["working_set"]!["defect"]);
        (JsonNode running, _) = await ResumeAsync(workspace, guest, "working-set", note: "the working set is not used: working-set.bin: does not match its checksum");
        Assert.True((int)running["pages_before_run"]! < 100, running.ToJsonString());

        // The resume left a sound one in its place.
        JsonNode set = (await ShowAsync(workspace))["working_set"]!;
        Assert.Null((string?)set["defect"]);
        Assert.True((int)set["pages"]! > 4000, set.ToJsonString());
    }

    [Fact]
    public async Task WhereItCannotBeKeptTheResumeIsGoodAllTheSame()
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user");
        await using var workspace = new Workspace();
        LabGuest guest = await CapturedAsync(workspace, QemuLab.Newest);
        Directory.CreateDirectory(Path.Combine(await SavevmCommand.FolderAsync(workspace, "web"), "working-set.bin.new"));
        await ResumeAsync(workspace, guest, "none", note: "what the guest asked for is not kept as its working set: ");
        Assert.Null((await ShowAsync(workspace))["working_set"]);
    }

    [Fact]
    public async Task APageServerThatIsKilledHasKeptWhatItKnew()
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user");
        await using var workspace = new Workspace();
        LabGuest guest = await CapturedAsync(workspace, QemuLab.Newest);
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "lazy", "--prefetch", "none");
        LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
        var clock = Stopwatch.StartNew();
        while ((await ShowAsync(workspace))["working_set"] is null)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), "nothing was kept while the guest runs");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        run.Process.Signal(9);
        (await run.ResultAsync()).Expect(137);
        back.Kill();
        int known = (int)(await ShowAsync(workspace))["working_set"]!["pages"]!;
        Assert.True(known > 1000, $"only {known} pages were kept");
        (JsonNode running, _) = await ResumeAsync(workspace, guest, "all");
        Assert.True((int)running["pages_before_run"]! >= known, running.ToJsonString());
    }

    /// <summary>Resumes the guest until it has verified all of its region, and ends it.</summary>
    private static async Task<(JsonNode Running, JsonNode Complete)> ResumeAsync(
        Workspace workspace, LabGuest captured, string prefetch, string note = "")
    {
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "lazy", "--prefetch", prefetch, "--on-interrupt", "fetch");
        LabGuest back = await run.GuestAsync(Path.Combine(captured.Folder, "lab"));
        await back.MoreTicksAsync(Specification(QemuLab.Newest).TicksPerPass + 3);
        if (prefetch != "all")
        {
            Assert.False(run.Has("complete"));
            run.Process.Signal(2);
        }

        SavevmResult result = (await run.ResultAsync(TimeSpan.FromSeconds(30))).Expect(0);
        Assert.Contains(note, result.Errors, StringComparison.Ordinal);
        await back.MoreTicksAsync(3);
        back.Log.AssertContinues(captured.Log);
        back.Kill();
        return (await run.MessageAsync("running"), await run.MessageAsync("complete"));
    }

    private static async Task<LabGuest> CapturedAsync(Workspace workspace, QemuInstallation qemu)
    {
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, Specification(qemu));
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "stop");
        await guest.ReadAsync();
        guest.Kill();
        return guest;
    }

    private static GuestSpecification Specification(QemuInstallation qemu) => Guests.Usual(qemu);

    private static async Task<JsonNode> ShowAsync(Workspace workspace) =>
        (await SavevmCommand.RunAsync(workspace, "show", "web", "--json")).Expect(0).Json;
}
