using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Many;

/// <summary>Many guests of one snapshot: what each has for itself, what they share, and that none harms another.</summary>
public sealed class CloneTests
{
    private const int Twenty = 20;
    private const int PageBytes = 4096;

    public static TheoryData<string> Qemus => new(QemuLab.All.Select(qemu => qemu.Name));

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task TwentyOfHalfAGibibyteAllTickAndShareWhatTheyDoNotWrite(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);

        // 64 MiB of it are written to, slowly: twenty of them share two processors.
        GuestSpecification specification = Guests.Usual(qemu) with { RamMiB = 512, RegionMiB = 64, Rate = 32, Verify = 64, Tick = 200 };
        LabGuest source = await CapturedAsync(workspace, qemu, specification);
        ResumeRun run = ResumeRun.Start(workspace, "web", "--clones", $"{Twenty}");
        LabGuest[] clones = await CloneAllAsync(run, source, Twenty);
        (await run.ResultAsync()).Expect(0);
        await Task.WhenAll(clones.Select(clone => clone.MoreTicksAsync(3)));
        long shares = clones.Sum(clone => HostMemory.Proportional(clone.ProcessId));
        long written = clones.Sum(clone => HostMemory.PrivateDirty(clone.ProcessId));
        int[] before = [.. clones.Select(clone => clone.Log.LastTick)];
        int[] after = await Task.WhenAll(clones.Select(clone => clone.MoreTicksAsync(6)));
        long own = (long)(after.Sum() - before.Sum()) * specification.Rate * PageBytes;
        long grownShares = clones.Sum(clone => HostMemory.Proportional(clone.ProcessId)) - shares;
        long grown = clones.Sum(clone => HostMemory.PrivateDirty(clone.ProcessId)) - written;
        string figures = $"shares of all {shares >> 20} MiB, +{grownShares >> 20} MiB while they wrote {own >> 20} MiB; written in all {written >> 20}, +{grown >> 20} MiB";
        TestContext.Current.SendDiagnosticMessage($"{name}: {figures}");

        // All together need less than three whole guests; what they write is each one's own. A fifth of the pages is zero and never written.
        Assert.True(shares < 3L * specification.RamMiB << 20, figures);
        Assert.True(grown > own * 6 / 10 && grownShares > own / 2, figures);
        Assert.True(grown < (own * 3 / 2) + ((long)Twenty << 20), figures);
        foreach (LabGuest clone in clones)
        {
            await clone.ReadAsync();
            clone.Log.AssertContinues(source.Log);
        }

        (await SavevmCommand.RunAsync(workspace, "check", "web", "--read-data")).Expect(0);
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    [Trait("User", "ordinary")]
    public async Task EachHasANameAGenerationIdAndPortsOfItsOwn(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        LabGuest source = await CapturedAsync(workspace, qemu, WithNetwork(qemu));
        string before = await GenerationAsync(source);
        Assert.True(await HasInMemoryAsync(workspace, source, before));
        source.Kill();
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "clone", "--clones", "4");
        LabGuest[] clones = await CloneAllAsync(run, source, 4);
        var generations = new HashSet<string> { before };
        var addresses = new HashSet<string>();
        for (int i = 0; i < clones.Length; i++)
        {
            JsonNode line = await run.MessageAsync("running", i);
            Assert.Equal($"fedora-{i + 1}", (string?)(await clones[i].Monitor.ExecuteAsync("query-name"))!["name"]);
            Assert.Equal($"fedora-{i + 1}", (string?)line["guest_name"]);
            Assert.Equal(i + 1, (int?)line["number"]);
            string tcp = Assert.Single(Values(line), value => value.StartsWith("tcp:", StringComparison.Ordinal));
            Assert.True(addresses.Add(tcp) && addresses.Add(Values(line).Single(value => value.StartsWith("udp:", StringComparison.Ordinal))), line.ToJsonString());
            using (var visitor = new TcpClient())
            {
                await visitor.ConnectAsync(IPEndPoint.Parse(tcp["tcp:".Length..]), TestContext.Current.CancellationToken);
            }

            // It is new, and the guest can read it: its memory has it, and no longer the old one.
            string generation = await GenerationAsync(clones[i]);
            Assert.True(generations.Add(generation), generation);
            await clones[i].StopAsync();
            Assert.True(await HasInMemoryAsync(workspace, clones[i], generation));
            Assert.False(await HasInMemoryAsync(workspace, clones[i], before));
            await clones[i].ContinueAsync();
            await clones[i].MoreTicksAsync(3);
        }

        SavevmResult result = (await run.ResultAsync()).Expect(0);
        Assert.Contains("all clones have the same MAC addresses", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("User", "ordinary")]
    public async Task OneThatFailsDoesNotTakeTheOthersWithIt()
    {
        await using var workspace = new Workspace();
        LabGuest source = await CapturedAsync(workspace, QemuLab.Newest, WithNetwork(QemuLab.Newest));
        source.Kill();
        int first = FreePorts(3, out Socket taken);
        using Socket occupied = taken;
        string forward = $"netdev.net0.hostfwd=tcp:127.0.0.1:{first / 10}{{n}}-:22";
        ResumeRun run = ResumeRun.Start(workspace, "web", "--clones", "3", "--set", forward);
        LabGuest[] clones = [await run.GuestAsync(Lab(source), 0), await run.GuestAsync(Lab(source), 2)];
        SavevmResult result = (await run.ResultAsync()).Expect(1);
        JsonNode failed = Assert.Single(result.JsonLines, line => (string?)line["message_type"] == "failed");
        Assert.Equal((1, 2, 20), ((int)failed["guest"]!, (int)failed["number"]!, (int)failed["exit_code"]!));
        Assert.Contains("Could not set up host forwarding rule", (string?)failed["why"], StringComparison.Ordinal);
        Assert.Equal("error", (string?)result.JsonLines[^1]["message_type"]);
        Assert.Contains("web-2: failed: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains("1 of 3 guests failed", result.Errors, StringComparison.Ordinal);
        foreach (LabGuest clone in clones)
        {
            await clone.MoreTicksAsync(12);
            clone.Log.AssertContinues(source.Log);
        }

        // Where all fail, their exit code is the command's.
        SavevmResult all = await SavevmCommand.RunAsync(
            workspace, "resume", "web", "--clones", "2", "--json", "--set", $"netdev.net0.hostfwd=tcp:127.0.0.1:{first + 1}-:{{n}}");
        all.Expect(20);
        Assert.Equal(2, all.JsonLines.Count(line => (string?)line["message_type"] == "failed"));
    }

    [Fact]
    public async Task ShowAndRmKnowWhoRunsAndTheGuestsOutliveTheSnapshot()
    {
        await using var workspace = new Workspace();
        GuestSpecification specification = Guests.Usual(QemuLab.Newest) with { RegionMiB = 24 };
        LabGuest source = await CapturedAsync(workspace, QemuLab.Newest, specification);
        source.Kill();
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "clone", "--clones", "3");
        LabGuest[] clones = await CloneAllAsync(run, source, 3);
        (await run.ResultAsync()).Expect(0);

        // One of the same name elsewhere is another one.
        LabGuest other = await Guests.TickingAsync(workspace);
        string elsewhere = Path.Combine(workspace.Root, "elsewhere");
        (await SavevmCommand.RunAsync(workspace, "capture", "web", "--qmp", other.QmpPath, "--repository", elsewhere)).Expect(0);
        Assert.Empty((await SavevmCommand.RunAsync(workspace, "show", "web", "--json", "--repository", elsewhere)).Expect(0).Json["guests"]!.AsArray());

        JsonArray shown = (await SavevmCommand.RunAsync(workspace, "show", "web", "--json")).Expect(0).Json["guests"]!.AsArray();
        Assert.Equal(clones.Select(clone => clone.ProcessId).Order(), shown.Select(guest => (int)guest!["pid"]!).Order());
        Assert.All(shown, guest => Assert.Equal("clone", (string?)guest!["mode"]));
        Assert.All(shown, guest => Assert.True(File.Exists((string)guest!["monitor"]!)));
        Assert.Equal(["web-1", "web-2", "web-3"], shown.Select(guest => (string)guest!["name"]!).Order());
        Assert.Matches(@"web-3 +\d+ +clone ", (await SavevmCommand.RunAsync(workspace, "show", "web")).Expect(0).Output);

        // It has another name now, one guest less, and is then gone; what runs from it does not mind.
        (await SavevmCommand.RunAsync(workspace, "rename", "web", "old")).Expect(0);
        clones[0].Kill();
        while (Workspace.IsAlive(clones[0].ProcessId))
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        SavevmResult removed = (await SavevmCommand.RunAsync(workspace, "rm", "old")).Expect(0);
        Assert.Contains($"web-2 (clone, pid {clones[1].ProcessId}), web-3 (clone, pid {clones[2].ProcessId}): they keep their memory", removed.Errors, StringComparison.Ordinal);
        foreach (LabGuest clone in clones[1..])
        {
            await clone.MoreTicksAsync(specification.TicksPerPass + 3);
            clone.Log.AssertContinues(source.Log);
        }
    }

    [Fact]
    [Trait("User", "ordinary")]
    public async Task ASettingThatCannotBeIsRefusedBeforeAnythingStarts()
    {
        await using var workspace = new Workspace();
        (await CapturedAsync(workspace, QemuLab.Newest, WithNetwork(QemuLab.Newest))).Kill();
        foreach ((int exitCode, string setting, string word) in new[]
        {
            // A port without {n}, an option that there is not, one that is savevm's; an id that this guest has not; what is the guest's own.
            (2, "netdev.net0.hostfwd=tcp::2222-:22", "write {n}"),
            (2, "netdef.net0.hostfwd=tcp::222{n}-:22", "-netdev"),
            (2, "incoming=tcp:0:1", "savevm brings the state itself"),
            (5, "netdev.net1.restrict=on", "there is netdev.net0"),
            (5, "device.nic0.mac=52:54:00:12:34:5{n}", "MAC address"),
            (5, "rtc.clock=vm", "a wrong time"),
            (5, "uuid=8a2d3c8e-0c1e-4c9a-a1f0-0d7a0b6f1c2d", "its uuid"),
        })
        {
            SavevmResult result = (await SavevmCommand.RunAsync(workspace, "resume", "web", "--clones", "2", "--set", setting)).Expect(exitCode);
            Assert.Contains(word, result.Errors, StringComparison.Ordinal);
            Assert.Empty(workspace.Leftovers());
        }
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task SettingsReachTheGuestThatTheyAreFor(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        string folder = workspace.NewFolder("set");
        GuestSpecification specification = WithNetwork(qemu);
        LabGuest source = await CapturedAsync(
            workspace, qemu, specification with { Extra = [.. specification.Extra, "-chardev", $"socket,id=ser0,path={folder}/ser,server=on,wait=off"] });
        source.Kill();
        ResumeRun run = ResumeRun.Start(
            workspace, "web", "--mode", "clone", "--clones", "2",
            "--set", $"chardev.ser0.path={folder}/ser-{{n}}", "--set", "name=web{n}", "--set", "rtc.base=2030-01-0{n}T00:00:00", "--set", "device.nic0.tx=timer");
        LabGuest[] clones = await CloneAllAsync(run, source, 2);
        (await run.ResultAsync()).Expect(0);
        for (int i = 0; i < clones.Length; i++)
        {
            await clones[i].MoreTicksAsync(3);
            Assert.Equal($"web{i + 1}", (string?)(await clones[i].Monitor.ExecuteAsync("query-name"))!["name"]);
            Assert.True(File.Exists($"{folder}/ser-{i + 1}"));
            Assert.Equal($"{folder}/ser-{i + 1}", (string?)(await run.MessageAsync("running", i))["sockets"]![$"{folder}/ser"]);
            string[] words = File.ReadAllText($"/proc/{clones[i].ProcessId}/cmdline").Split('\0');
            Assert.Contains(words, word => word.StartsWith("virtio-net-pci,", StringComparison.Ordinal) && word.EndsWith(",tx=timer", StringComparison.Ordinal));
            Assert.Equal($"base=2030-01-0{i + 1}T00:00:00", words[Array.IndexOf(words, "-rtc") + 1]);
        }
    }

    private static GuestSpecification WithNetwork(QemuInstallation qemu) => Guests.Usual(qemu) with
    {
        Extra =
        [
            "-name", "fedora", "-netdev", $"user,id=net0,hostfwd=tcp:127.0.0.1:{FreePort()}-:22,hostfwd=udp::{FreePort()}-:53",
            "-device", "virtio-net-pci,netdev=net0,id=nic0", "-device", "vmgenid,guid=324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87",
        ],
    };

    private static string Lab(LabGuest source) => Path.Combine(source.Folder, "lab");

    private static async Task<LabGuest> CapturedAsync(Workspace workspace, QemuInstallation qemu, GuestSpecification specification)
    {
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, specification);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "stop");
        await guest.ReadAsync();
        return guest;
    }

    private static async Task<LabGuest[]> CloneAllAsync(ResumeRun run, LabGuest source, int count)
    {
        var clones = new LabGuest[count];
        for (int i = 0; i < count; i++)
        {
            clones[i] = await run.GuestAsync(Lab(source), i);
        }

        return clones;
    }

    private static IEnumerable<string> Values(JsonNode line) => line["sockets"]!.AsObject().Select(entry => (string)entry.Value!);

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static async Task<string> GenerationAsync(LabGuest guest) =>
        (string)(await guest.Monitor.ExecuteAsync("query-vm-generation-id"))!["guid"]!;

    /// <summary>Whether the guest's memory holds an id as its ACPI table points to it: the first three fields little-endian.</summary>
    private static async Task<bool> HasInMemoryAsync(Workspace workspace, LabGuest guest, string generation)
    {
        string file = Path.Combine(workspace.NewFolder("p"), "ram");
        await guest.Monitor.ExecuteAsync("pmemsave", new JsonObject { ["val"] = 0, ["size"] = 64L << 20, ["filename"] = file });
        bool found = File.ReadAllBytes(file).AsSpan().IndexOf(Guid.Parse(generation).ToByteArray()) >= 0;
        File.Delete(file);
        return found;
    }

    /// <summary>Ports in a row that end with a digit each, from 1 on: free, but for the second, which the socket has.</summary>
    private static int FreePorts(int count, out Socket second)
    {
        for (int ten = 2000; ; ten++)
        {
            int first = (ten * 10) + 1;
            var held = new List<Socket>();
            try
            {
                for (int port = first; port < first + count; port++)
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    held.Add(socket);
                    socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                }

                second = held[1];
                second.Listen();
                held.RemoveAt(1);
                return first;
            }
            catch (SocketException)
            {
                // Somebody has one of them: the next ten.
            }
            finally
            {
                held.ForEach(socket => socket.Dispose());
            }
        }
    }
}
