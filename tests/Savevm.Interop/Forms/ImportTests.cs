using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Forms;

/// <summary>What a QEMU itself saved is verified, inspected and imported by the command, and the guest comes back and goes on.</summary>
public sealed class ImportTests
{
    private const string Uncompressed = "stream", Packed = "gzip", Mapped = "mapped-ram", Internal = "qcow2", Differences = "xbzrle";

    /// <summary>QEMU, form.</summary>
    public static TheoryData<string, string> Forms => new(
        from qemu in QemuLab.All
        from form in new[] { Uncompressed, Packed, Mapped, Internal, Differences }
        where form is not (Mapped or Differences) || qemu.Version.Major >= 9
        select (qemu.Name, form));

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task WhatQemuSavedComesBack(string name, string form)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        string folder = workspace.NewFolder("f");
        string image = Path.Combine(folder, "image.qcow2");
        await qemu.ImageToolAsync(workspace, ["create", "-q", "-f", "qcow2", image, "1M"]);
        GuestSpecification specification = GuestSpecification.For(qemu.Machine("pc"), "tcg") with
        {
            Extra = ["-blockdev", $"driver=file,node-name=vmfile,filename={image}", "-blockdev", "driver=qcow2,node-name=vm,file=vmfile"],
        };
        if (form == Differences)
        {
            // So that something has always changed when a round ends, and another follows.
            specification = specification with { Tick = 5, Rate = 64, Verify = 128 };
        }

        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(4);
        string saved;
        if (form == Differences)
        {
            saved = await SaveDifferencesAsync(guest, folder);
        }
        else
        {
            await guest.StopAsync();
            saved = await SaveAsync(guest, folder, image, form);
        }

        await guest.ReadAsync();
        JsonNode registers = await guest.Monitor.ExecuteAsync("human-monitor-command", new JsonObject { ["command-line"] = "info registers" }) ?? "";
        guest.Kill();
        await guest.GoneAsync();

        SavevmResult verified = (await SavevmCommand.RunAsync(workspace, "verify", saved)).Expect(0);
        Assert.Contains("in order", verified.Output, StringComparison.Ordinal);
        AssertRegisters((string)registers!, (await SavevmCommand.RunAsync(workspace, "inspect", saved, "--device", "cpu", "--json")).Expect(0).Output);
        string lab = workspace.NewFolder("r");
        (await SavevmCommand.RunAsync(workspace, ["import", "web", saved, "--", qemu.Path, .. specification.Arguments(lab)])).Expect(0);
        (await SavevmCommand.RunAsync(workspace, "diff", saved, "web", "--pages")).Expect(0);
        ResumeRun run = ResumeRun.Start(workspace, "web", "--mode", "full", "--disks", "ignore");
        LabGuest back = await run.GuestAsync(Path.Combine(lab, "lab"));
        (await run.ResultAsync()).Expect(0);
        if (await back.Monitor.StatusAsync() != "running")
        {
            // It stood still when it was saved.
            await back.ContinueAsync();
        }

        await back.MoreTicksAsync(specification.TicksPerPass + 2);
        back.Log.AssertContinues(guest.Log);
    }

    /// <summary>Machine types up to 2.3 write no footers, those from 2.0 to 2.2 no description either.</summary>
    [Theory]
    [InlineData("pc-i440fx-2.3", "the description tells")]
    [InlineData("pc-i440fx-2.2", "the catalogue tells")]
    [InlineData("pc-i440fx-1.4", "the description tells")]
    public async Task WhatOldMachineTypesSavedIsRead(string machine, string remark)
    {
        QemuInstallation qemu = QemuLab.Oldest;
        Assert.SkipUnless(qemu.Version.Major < 9, $"{qemu} has no machine type {machine}");
        await using var workspace = new Workspace();
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, GuestSpecification.For(machine, "tcg"));
        await guest.UntilTickAsync(2);
        await guest.StopAsync();
        string saved = await SaveAsync(guest, workspace.NewFolder("f"), "", Uncompressed);
        JsonNode registers = await guest.Monitor.ExecuteAsync("human-monitor-command", new JsonObject { ["command-line"] = "info registers" }) ?? "";

        SavevmResult verified = (await SavevmCommand.RunAsync(workspace, "verify", saved)).Expect(0);
        Assert.Contains(remark, verified.Output, StringComparison.Ordinal);
        AssertRegisters((string)registers!, (await SavevmCommand.RunAsync(workspace, "inspect", saved, "--device", "cpu", "--json")).Expect(0).Output);
        JsonNode report = JsonNode.Parse((await SavevmCommand.RunAsync(workspace, "inspect", saved, "--json")).Expect(0).Output)!;
        Assert.All(report["devices"]!.AsArray(), device => Assert.Equal((int)device!["bytes"]!, (int)device["decoded_bytes"]!));
        (await SavevmCommand.RunAsync(workspace, ["import", "web", saved, "--", qemu.Path])).Expect(5);
    }

    [Fact]
    public async Task WhatTheCommandExportsLoadsInAStockQemu()
    {
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.TickingAsync(workspace);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "stop");
        await guest.ReadAsync();
        string folder = workspace.NewFolder("f");
        string stream = Path.Combine(folder, "stream");
        (await SavevmCommand.RunAsync(workspace, "export", "web", stream)).Expect(0);
        (await SavevmCommand.RunAsync(workspace, "export", "web", stream)).Expect(1);
        (await SavevmCommand.RunAsync(workspace, "export", "web", Path.Combine(folder, "image"), "--format", "libvirt")).Expect(0);
        (await SavevmCommand.RunAsync(workspace, "diff", stream, Path.Combine(folder, "image"), "--pages")).Expect(0);
        (await SavevmCommand.RunAsync(workspace, "export", Path.Combine(folder, "image"), Path.Combine(folder, "raw"), "--format", "raw")).Expect(0);
        Assert.Equal(await guest.DigestAsync(), LabGuest.Digest(Path.Combine(folder, "raw")));
        GuestSpecification specification = Guests.Usual(QemuLab.Newest);
        LabGuest back = await CapturedSnapshot.LoadAsync(workspace, QemuLab.Newest, specification, $"exec:cat {stream}");
        await back.MoreTicksAsync(specification.TicksPerPass + 2);
        back.Log.AssertContinues(guest.Log);
    }

    private static async Task<string> SaveAsync(LabGuest guest, string folder, string image, string form)
    {
        string path = Path.Combine(folder, "state");
        if (form == Internal)
        {
            var order = new JsonObject { ["job-id"] = "save", ["tag"] = "kept", ["vmstate"] = "vm", ["devices"] = new JsonArray("vm") };
            await guest.Monitor.ExecuteAsync("snapshot-save", order);
            for (string? status = null; status != "concluded"; await Task.Delay(20))
            {
                JsonNode job = (await guest.Monitor.ExecuteAsync("query-jobs"))![0]!;
                Assert.Null(job["error"]);
                status = (string?)job["status"];
            }

            return $"{image}#kept";
        }

        if (form == Mapped)
        {
            await guest.Monitor.SetCapabilityAsync("mapped-ram");
        }

        string uri = form switch { Mapped => $"file:{path}", Packed => $"exec:gzip -1 -c > {path}", _ => $"exec:cat > {path}" };
        await guest.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = uri });
        await guest.Monitor.MigrationStatusAsync("completed");
        return path;
    }

    /// <summary>
    /// Saves a guest that runs and writes on, slowly, in rounds: from the second on, pages travel as their differences. Not with 7.2, whose rounds lose
    /// what a guest under TCG writes.
    /// </summary>
    private static async Task<string> SaveDifferencesAsync(LabGuest guest, string folder)
    {
        string path = Path.Combine(folder, "state");
        await guest.Monitor.SetCapabilityAsync("xbzrle");
        await guest.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject
        {
            ["max-bandwidth"] = 24 << 20,
            ["downtime-limit"] = 1,
            ["xbzrle-cache-size"] = 64 << 20,
        });
        await guest.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"file:{path}" });
        while (await DifferencesAsync(guest) < 500)
        {
            await Task.Delay(20);
        }

        await guest.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 0, ["downtime-limit"] = 2000 });
        await guest.Monitor.MigrationStatusAsync("completed");
        return path;
    }

    private static async Task<long> DifferencesAsync(LabGuest guest)
    {
        JsonNode state = (await guest.Monitor.ExecuteAsync("query-migrate"))!;
        Assert.Contains((string)state["status"]!, new[] { "setup", "active" });
        return (long?)state["xbzrle-cache"]?["pages"] ?? 0;
    }

    /// <summary>The registers that QEMU printed are those that were found in the file.</summary>
    private static void AssertRegisters(string printed, string report)
    {
        JsonNode shown = JsonNode.Parse(report)!["devices"]![0]!["shown"]!;
        string[] words = printed.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        int compared = 0;
        foreach ((string theirs, string ours) in new[]
        {
            ("EAX", "rax"), ("EBX", "rbx"), ("ECX", "rcx"), ("EDX", "rdx"), ("ESI", "rsi"), ("EDI", "rdi"), ("EBP", "rbp"), ("ESP", "rsp"), ("EIP", "rip"),
            ("CR0", "cr0"), ("CR2", "cr2"), ("CR3", "cr3"), ("CR4", "cr4"),
        })
        {
            if (words.FirstOrDefault(word => word.StartsWith(theirs + "=", StringComparison.Ordinal)) is { } word)
            {
                string value = ((string)shown[ours]!).Split(' ')[0];
                Assert.Equal(Convert.ToUInt64(word[(theirs.Length + 1)..], 16), Convert.ToUInt64(value, 16));
                compared++;
            }
        }

        Assert.InRange(compared, 13, 13);
    }
}
