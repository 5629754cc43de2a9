using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Recovery;

/// <summary>
/// A lazily resumed guest whose page server is killed, leaves, or loses its connection: the snapshot has its pages still, and another savevm goes on. The
/// guest checks all its memory, and its ticks go on without a gap.
/// </summary>
public sealed class ResumeRecoveryTests
{
    /// <summary>How often each guest loses its page server; <c>SAVEVM_CUTS</c> says otherwise.</summary>
    private static readonly int s_cuts = int.TryParse(Environment.GetEnvironmentVariable("SAVEVM_CUTS"), CultureInfo.InvariantCulture, out int cuts) ? cuts : 5;

    public static TheoryData<string> Releases => [.. QemuLab.All.Select(qemu => qemu.Name)];

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task AGuestSurvivesItsPageServersAgainAndAgain(string qemu)
    {
        SkipWithoutUserfaultfd();
        await using var workspace = new Workspace();
        int cut = 0;
        for (var random = new Random(7); cut < s_cuts;)
        {
            var (guest, run, back) = await LazyAsync(workspace, qemu, "--bandwidth", "8MiB/s");
            for (string word = "running"; cut < s_cuts; cut++)
            {
                await Task.Delay(random.Next(0, 250), TestContext.Current.CancellationToken);
                if (run.Has("complete"))
                {
                    break;
                }

                run.Process.Signal(9);
                await run.Process.ExitAsync();
                run = ResumeRun.Start(workspace, "web", "--recover", "--bandwidth", "8MiB/s");
                JsonNode message = await MessageOrFailureAsync(run, word);
                Assert.True((bool)message["recovered"]!);
                Assert.Equal(back.ProcessId, (int)message["pid"]!);
            }

            run.Process.Signal(2);
            (await run.ResultAsync()).Expect(0);
            await AssertGoesOnAsync(guest, back);
            await back.DisposeAsync();
            (await SavevmCommand.RunAsync(workspace, "rm", "web")).Expect(0);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{cut} page servers were killed");
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task AQemuWhoseMainLoopWaitsForAPageIsRecovered(string qemu)
    {
        SkipWithoutUserfaultfd();
        await using var workspace = new Workspace();
        var (guest, run, back) = await LazyAsync(workspace, qemu, "--prefetch", "none");
        string monitor = (string)(await run.MessageAsync("running"))["monitor"]!;
        run.Process.Signal(9);
        await run.Process.ExitAsync();

        // QEMU itself reads memory that has not arrived: its main loop stands until somebody sends it.
        string file = Path.Combine(workspace.NewFolder("m"), "memory");
        Task<JsonNode?> saved = back.Monitor.ExecuteAsync("pmemsave", new JsonObject { ["val"] = 33 << 20, ["size"] = 1 << 20, ["filename"] = file });
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.False(saved.IsCompleted, "memory that did not arrive could be read");
        Assert.True(await IsSilentAsync(monitor), "the main loop does not wait");

        ResumeRun next = ResumeRun.Start(workspace, "web", "--recover");
        await MessageOrFailureAsync(next, "running");
        await saved;
        (await next.ResultAsync()).Expect(0);
        await AssertGoesOnAsync(guest, back);
    }

    [Fact]
    public async Task WhoIsLeftOnPurposeIsToldTheCommandThatRecovers()
    {
        SkipWithoutUserfaultfd();
        await using var workspace = new Workspace();
        var (guest, run, back) = await LazyAsync(workspace, QemuLab.Newest.Name, "--prefetch", "none", "--on-interrupt", "leave");
        (await SavevmCommand.RunAsync(workspace, "resume", "web", "--recover")).Expect(3);
        Assert.False((bool)(await OwnGuestAsync(workspace))["interrupted"]!);
        run.Process.Signal(15);
        SavevmResult left = (await run.ResultAsync()).Expect(22);
        Assert.Contains("hint: savevm resume web --recover\n", left.Errors, StringComparison.Ordinal);
        Assert.True((bool)(await OwnGuestAsync(workspace))["interrupted"]!);

        // The snapshot is the guest's until it has everything.
        Assert.NotEqual(0, (await SavevmCommand.RunAsync(workspace, "rm", "web")).ExitCode);

        (await SavevmCommand.RunAsync(workspace, "resume", "web", "--recover")).Expect(0);
        Assert.False((bool)(await OwnGuestAsync(workspace))["waits_for_ram"]!);
        await AssertGoesOnAsync(guest, back);
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task AConnectionThatBreaksIsMadeAnewByThePageServerItself(string qemu)
    {
        SkipWithoutUserfaultfd();
        await using var workspace = new Workspace();
        var (guest, run, back) = await LazyAsync(workspace, qemu, "--bandwidth", "8MiB/s");
        for (int i = 0; i < 3; i++)
        {
            await Task.Delay(150, TestContext.Current.CancellationToken);
            await back.Monitor.ExecuteAsync("migrate-pause");
        }

        run.Process.Signal(2);
        SavevmResult result = (await run.ResultAsync()).Expect(0);
        Assert.Contains("made anew", result.Errors, StringComparison.Ordinal);
        await AssertGoesOnAsync(guest, back);
    }

    [Fact]
    public async Task AQemuThatTheUserStartedIsRecovered()
    {
        SkipWithoutUserfaultfd();
        await using var workspace = new Workspace();
        GuestSpecification specification = Slow(QemuLab.Newest.Name);
        LabGuest guest = await CapturedAsync(workspace, QemuLab.Newest.Name, specification);
        LabGuest own = await LabGuest.StartAsync(workspace, QemuLab.Newest, specification, "-incoming", "defer");
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "lazy", "--prefetch", "none", "--qmp", own.QmpPath);
        await run.MessageAsync("running");
        run.Process.Signal(9);
        await run.Process.ExitAsync();
        string file = Path.Combine(workspace.NewFolder("m"), "memory");
        Task<JsonNode?> saved = own.Monitor.ExecuteAsync("pmemsave", new JsonObject { ["val"] = 33 << 20, ["size"] = 1 << 20, ["filename"] = file });
        ResumeRun next = ResumeRun.Start(workspace, "web", "--recover");
        (await next.ResultAsync()).Expect(0);
        await saved;
        await AssertGoesOnAsync(guest, own);
        Assert.Empty(workspace.Leftovers());
    }

    [Fact]
    public async Task AQemuWithoutAMonitorIsRecoveredWhereItsUserLetsItListen()
    {
        SkipWithoutUserfaultfd();
        await using var workspace = new Workspace();
        GuestSpecification specification = Slow(QemuLab.Newest.Name);
        LabGuest guest = await CapturedAsync(workspace, QemuLab.Newest.Name, specification);
        string folder = workspace.NewFolder("i"), uri = $"unix:{folder}/in", again = $"unix:{folder}/again";
        LabGuest own = await LabGuest.StartAsync(workspace, QemuLab.Newest, specification, "-incoming", "defer");
        await own.Monitor.SetCapabilityAsync("postcopy-ram");
        await own.Monitor.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = uri });
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "lazy", "--prefetch", "none", "--connect", uri, "--on-interrupt", "leave");
        await own.MoreTicksAsync(2);
        run.Process.Signal(15);
        SavevmResult left = (await run.ResultAsync()).Expect(22);
        Assert.Contains("migrate-recover there, then savevm resume web --recover --connect", left.Errors, StringComparison.Ordinal);
        await own.Monitor.ExecuteAsync("migrate-recover", new JsonObject { ["uri"] = again });
        (await SavevmCommand.RunAsync(workspace, "resume", "web", "--recover", "--connect", again)).Expect(0);
        await AssertGoesOnAsync(guest, own);
    }

    [Fact]
    public async Task SeveralGuestsAreRecoveredTogether()
    {
        SkipWithoutUserfaultfd();
        await using var workspace = new Workspace();
        GuestSpecification specification = Slow(QemuLab.Newest.Name);
        LabGuest guest = await CapturedAsync(workspace, QemuLab.Newest.Name, specification);
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "lazy", "--prefetch", "none", "--clones", "2");
        LabGuest[] back = [await run.GuestAsync(Path.Combine(guest.Folder, "lab")), await run.GuestAsync(Path.Combine(guest.Folder, "lab"), 1)];
        run.Process.Signal(9);
        await run.Process.ExitAsync();
        (await SavevmCommand.RunAsync(workspace, "resume", "web", "--recover")).Expect(0);
        foreach (LabGuest one in back)
        {
            await AssertGoesOnAsync(guest, one);
        }
    }

    private static void SkipWithoutUserfaultfd() => Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");

    // It asks for few pages, so that most still have to come.
    private static GuestSpecification Slow(string qemu) => Guests.Usual(QemuLab.Named(qemu)) with { Rate = 4, Verify = 64, Tick = 20 };

    private static async Task<LabGuest> CapturedAsync(Workspace workspace, string qemu, GuestSpecification specification)
    {
        LabGuest guest = await Guests.TickingAsync(workspace, QemuLab.Named(qemu), specification);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "stop");
        await guest.ReadAsync();
        guest.Kill();
        return guest;
    }

    /// <summary>A captured guest, and the one that it became by a lazy resume that goes on.</summary>
    private static async Task<(LabGuest Guest, ResumeRun Run, LabGuest Back)> LazyAsync(Workspace workspace, string qemu, params IReadOnlyList<string> more)
    {
        LabGuest guest = await CapturedAsync(workspace, qemu, Slow(qemu));
        ResumeRun run = ResumeRun.Start(workspace, "web", ["--mode", "lazy", .. more]);
        return (guest, run, await run.GuestAsync(Path.Combine(guest.Folder, "lab")));
    }

    /// <summary>It checks all its memory once, and continues where the captured one stood.</summary>
    private static async Task AssertGoesOnAsync(LabGuest guest, LabGuest back)
    {
        await back.MoreTicksAsync(Slow(QemuLab.Newest.Name).TicksPerPass + 3);
        back.Log.AssertContinues(guest.Log);
    }

    private static async Task<JsonNode> OwnGuestAsync(Workspace workspace) =>
        (await SavevmCommand.RunAsync(workspace, "show", "web", "--json")).Expect(0).Json["guests"]!.AsArray().Single()!;

    private static async Task<JsonNode> MessageOrFailureAsync(ResumeRun run, string type)
    {
        try
        {
            return await run.MessageAsync(type);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"no {type}: {run.Process.Output}{run.Process.Errors}", exception);
        }
    }

    /// <summary>Whether a new client of a monitor gets its greeting and then nothing.</summary>
    private static async Task<bool> IsSilentAsync(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
        Assert.NotNull(await reader.ReadLineAsync());
        await socket.SendAsync("{\"execute\": \"qmp_capabilities\"}\n"u8.ToArray());
        Task<string?> answer = reader.ReadLineAsync();
        return await Task.WhenAny(answer, Task.Delay(TimeSpan.FromSeconds(1))) != answer;
    }
}
