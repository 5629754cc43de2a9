using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>A capture that waits for a QEMU which somebody else tells to migrate: the destination of an ordinary live migration.</summary>
public sealed class ListenTests
{
    /// <summary>QEMU, transport, whether the source wants a return path.</summary>
    public static TheoryData<string, string, bool> Ways
    {
        get
        {
            var rows = new TheoryData<string, string, bool>();
            foreach (QemuInstallation qemu in QemuLab.All)
            {
                rows.Add(qemu.Name, "unix", false);
                rows.Add(qemu.Name, "unix", true);
                rows.Add(qemu.Name, "tcp", false);
                rows.Add(qemu.Name, "tcp", true);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task TakesWhatAQemuSends(string qemu, string transport, bool returnPath)
    {
        await using var workspace = new Workspace();
        QemuInstallation installation = QemuLab.Named(qemu);
        GuestSpecification specification = Guests.Usual(installation);
        LabGuest guest = await Guests.TickingAsync(workspace, installation, specification);
        await guest.Monitor.SetCapabilityAsync("return-path", returnPath);
        await guest.StopAsync();
        string digest = await guest.DigestAsync();
        (LabProcess capture, string uri) = await ListenAsync(workspace, transport);
        await guest.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = uri });
        (await SavevmCommand.ResultAsync(capture)).Expect(0);
        await guest.Monitor.MigrationStatusAsync("completed");

        (await SavevmCommand.RunAsync(workspace, "check", "web", "--read-data")).Expect(0);
        string folder = workspace.NewFolder("u");
        ResumeRun run = ResumeRun.Start(workspace, "web", ["--mode", "clone", "--", installation.Path, .. specification.Arguments(folder)]);
        LabGuest back = await run.GuestAsync(Path.Combine(folder, "lab"));
        (await run.ResultAsync()).Expect(0);
        Assert.Equal("paused", await back.Monitor.StatusAsync());
        Assert.Equal(digest, await back.DigestAsync());
        await back.ContinueAsync();
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        await guest.ReadAsync();
        back.Log.AssertContinues(guest.Log);
    }

    [Theory]
    [InlineData("cancel", false)]
    [InlineData("cancel", true)]
    [InlineData("kill", false)]
    [InlineData("kill", true)]
    public async Task ASourceThatGivesUpLeavesNothing(string how, bool returnPath)
    {
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.TickingAsync(workspace);
        await guest.Monitor.SetCapabilityAsync("return-path", returnPath);
        await guest.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 4 << 20 });
        (LabProcess capture, string uri) = await ListenAsync(workspace, "unix");
        await guest.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = uri });
        await guest.Monitor.MigrationStatusAsync("active");
        await Task.Delay(300, TestContext.Current.CancellationToken);
        if (how == "cancel")
        {
            await guest.Monitor.ExecuteAsync("migrate_cancel");
        }
        else
        {
            guest.Kill();
        }

        (await SavevmCommand.ResultAsync(capture, TimeSpan.FromSeconds(15))).Expect(20);
        Assert.Empty(await SavevmCommand.NamesAsync(workspace));
        Assert.Empty(workspace.Leftovers());
        if (how == "cancel")
        {
            await Guests.AssertRunsOnAsync(guest);
        }
    }

    [Fact]
    public async Task NobodyComesWithinTheTimeout()
    {
        await using var workspace = new Workspace();
        string path = Path.Combine(workspace.NewFolder("l"), "in");
        SavevmResult result = await SavevmCommand.RunAsync(workspace, "capture", "web", "--listen", $"unix:{path}", "--timeout", "1s");
        result.Expect(20, 21);
        Assert.False(File.Exists(path));
        Assert.Empty(workspace.Leftovers());
    }

    private static async Task<(LabProcess Capture, string Uri)> ListenAsync(Workspace workspace, string transport)
    {
        string path = Path.Combine(workspace.NewFolder("l"), "in");
        int port = transport == "tcp" ? FreePort() : 0;
        string uri = transport == "tcp" ? string.Create(CultureInfo.InvariantCulture, $"tcp:127.0.0.1:{port}") : $"unix:{path}";
        LabProcess capture = SavevmCommand.Start(workspace, "capture", "web", "--listen", uri, "--json");
        // A socket's file is there before anybody listens on it.
        while (!capture.HasExited && !capture.Errors.Contains("waiting at", StringComparison.Ordinal))
        {
            await Task.Delay(10);
        }

        Assert.False(capture.HasExited, capture.Errors);
        return (capture, uri);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
