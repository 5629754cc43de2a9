using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>What <c>list</c>, <c>show</c>, <c>rename</c>, <c>tag</c>, <c>rm</c> and <c>check</c> say of real snapshots.</summary>
public sealed class SnapshotCommandTests
{
    [Fact]
    public async Task TellWhereASnapshotComesFrom()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        GuestSpecification specification = Guests.Usual(qemu);
        await Guests.CapturedAsync(workspace, specification, "--tag", "purpose=test", "--tag", "owner=me");
        JsonNode listed = (await SavevmCommand.RunAsync(workspace, "list", "--json")).Expect(0).Json["snapshots"]!.AsArray().Single()!;
        JsonNode shown = (await SavevmCommand.RunAsync(workspace, "show", "web", "--json")).Expect(0).Json;
        foreach (JsonNode snapshot in new[] { listed, shown })
        {
            Assert.Equal("web", (string?)snapshot["name"]);
            Assert.Equal("stop", (string?)snapshot["mode"]);
            Assert.Equal(specification.Machine, (string?)snapshot["machine"]);
            Assert.Equal("tcg", (string?)snapshot["accelerator"]);
            Assert.Equal("running", (string?)snapshot["state"]);
            Assert.StartsWith(qemu.Version.ToString(2), (string?)snapshot["qemu_version"], StringComparison.Ordinal);
            Assert.Equal("test", (string?)snapshot["tags"]!["purpose"]);
            Assert.Equal("me", (string?)snapshot["tags"]!["owner"]);
            Assert.InRange(DateTimeOffset.Parse((string)snapshot["created"]!, System.Globalization.CultureInfo.InvariantCulture),
                DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1));
        }

        JsonNode ram = shown["ram_blocks"]!.AsArray().Single(block => (string?)block!["name"] == "pc.ram")!;
        Assert.Equal(64L << 20, (long?)ram["bytes"]);
        string[] sections = [.. shown["sections"]!.AsArray().Select(section => (string)section!["name"]!)];
        Assert.Contains("cpu", sections);
        Assert.Contains("serial", sections);
        Assert.Contains("globalstate", sections);
        Assert.Contains(GuestSpecification.Image, shown["command_line"]!.AsArray().Select(word => (string)word!));
        Assert.True(Directory.Exists((string)shown["path"]!));

        string text = (await SavevmCommand.RunAsync(workspace, "list")).Expect(0).Output;
        Assert.Contains("web", text, StringComparison.Ordinal);
        Assert.Contains(specification.Machine, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RenameTagAndRemove()
    {
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.TickingAsync(workspace);
        await SavevmCommand.CaptureAsync(workspace, guest, "a");
        await SavevmCommand.CaptureAsync(workspace, guest, "b");
        Assert.NotEqual(0, (await SavevmCommand.RunAsync(workspace, "rename", "a", "b")).ExitCode);
        (await SavevmCommand.RunAsync(workspace, "rename", "a", "c")).Expect(0);
        Assert.Equal(["b", "c"], (await SavevmCommand.NamesAsync(workspace)).Order());
        (await SavevmCommand.RunAsync(workspace, "tag", "c", "x=1", "y=2")).Expect(0);
        JsonNode tags = (await SavevmCommand.RunAsync(workspace, "tag", "c", "x=3", "--remove", "y", "--json")).Expect(0).Json["tags"]!;
        Assert.Equal("""{"x":"3"}""", tags.ToJsonString());
        (await SavevmCommand.RunAsync(workspace, "check", "--read-data")).Expect(0);

        ResumeRun run = ResumeRun.Start(workspace, "c", "--mode", "full");
        await (await run.GuestAsync(Path.Combine(guest.Folder, "lab"))).MoreTicksAsync(3);
        (await run.ResultAsync()).Expect(0);

        (await SavevmCommand.RunAsync(workspace, "rm", "b", "c")).Expect(0);
        Assert.Empty(await SavevmCommand.NamesAsync(workspace));
        Assert.Empty(Directory.EnumerateFiles(workspace.Repository, "ram*", SearchOption.AllDirectories));
    }

    [Fact]
    [Trait("User", "ordinary")]
    public async Task HelpOfEveryCommandEndsWithAnExample()
    {
        await using var workspace = new Workspace();
        foreach (string command in new[] { "capture", "resume", "list", "show", "rm", "check", "demo", "completion" })
        {
            SavevmResult help = (await SavevmCommand.RunAsync(workspace, command, "--help")).Expect(0);
            Assert.Contains($"savevm {command}", help.Output.TrimEnd().Split("\n\n")[^1], StringComparison.Ordinal);
        }

        foreach (string shell in new[] { "bash", "zsh", "fish" })
        {
            Assert.Contains("capture", (await SavevmCommand.RunAsync(workspace, "completion", shell)).Expect(0).Output, StringComparison.Ordinal);
        }
    }
}
