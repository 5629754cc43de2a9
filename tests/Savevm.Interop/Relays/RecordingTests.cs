using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Relays;

/// <summary>A migration that was recorded can be looked into, checked, and played to another QEMU, where the guest goes on as it did.</summary>
public sealed class RecordingTests
{
    [Theory]
    [InlineData("")]
    [InlineData("return-path multifd")]
    [InlineData("postcopy-ram")]
    [InlineData("postcopy-ram postcopy-preempt")]
    public async Task WhatWasRecordedIsReadAndPlayed(string words)
    {
        string[] capabilities = words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        bool postcopy = capabilities.Contains("postcopy-ram");
        Assert.SkipUnless(!postcopy || QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
        await using var workspace = new Workspace();
        RelayPair pair = await RelayPair.StartAsync(workspace, QemuLab.Newest, "unix", capabilities);
        string file = Path.Combine(workspace.NewFolder("r"), "recording");
        await pair.RelayAsync("unix", "--record", file);
        if (postcopy)
        {
            // Slowly enough that the guest has to ask.
            await pair.LimitAsync(4 << 20, 8 << 20);
            await pair.PostcopyAsync();
        }
        else
        {
            await pair.MigrateAsync();
        }

        JsonNode report = await pair.ReportAsync();
        await pair.Source.ReadAsync();
        Assert.Equal(new FileInfo(file).Length, (long)report["recorded_bytes"]!);

        JsonNode inspected = (await SavevmCommand.RunAsync(workspace, "inspect", file, "--json")).Expect(0).Json;
        JsonNode recording = inspected["recording"]!;
        Assert.Equal("migration recording", (string)inspected["forms"]![0]!);
        Assert.True((bool)recording["whole"]!);
        Assert.Equal((int)report["connections"]!, recording["connections"]!.AsArray().Count);
        Assert.Equal((long)report["forward_bytes"]!, recording["connections"]!.AsArray().Sum(connection => (long)connection!["forward_bytes"]!));
        Assert.Contains(inspected["devices"]!.AsArray(), device => (string)device!["name"]! == "cpu");
        Assert.Equal(postcopy, (int)recording["page_requests"]! > 0);
        Assert.Equal(words.Length == 0 ? null : 0, (int?)recording["shut"]);
        (await SavevmCommand.RunAsync(workspace, "verify", file)).Expect(0);

        LabGuest again = await RelayPair.WaitingAsync(workspace, QemuLab.Newest, Guests.Usual(QemuLab.Newest), capabilities);
        string target = RelayPair.NewAddress(workspace, "unix");
        await again.Monitor.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = target });
        SavevmResult replayed = await SavevmCommand.RunAsync(workspace, "replay", file, "--connect", target, "--json");
        Assert.True(replayed.ExitCode == 0, $"{replayed.Errors}; QEMU: {again.Process.Errors}");
        JsonNode played = replayed.Json;
        Assert.Equal((long)report["forward_bytes"]!, (long)played["forward_bytes"]!);
        await again.MoreTicksAsync(Guests.Usual(QemuLab.Newest).TicksPerPass + 3);
        again.Log.AssertContinues(pair.Source.Log);
    }

    [Fact]
    public async Task ARecordingThatWasCutIsReadUpToTheCut()
    {
        await using var workspace = new Workspace();
        RelayPair pair = await RelayPair.StartAsync(workspace, QemuLab.Newest);
        string file = Path.Combine(workspace.NewFolder("r"), "recording");
        await pair.RelayAsync("unix", "--record", file);
        await pair.LimitAsync(4 << 20);
        await pair.MigrateAsync();
        for (DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(30); new FileInfo(file).Length < 1 << 20; await Task.Delay(5, TestContext.Current.CancellationToken))
        {
            Assert.True(DateTime.UtcNow < end, "nothing is recorded");
        }

        pair.Relay.Signal(9);
        await pair.Relay.ExitAsync();
        SavevmResult result = await SavevmCommand.RunAsync(workspace, "inspect", file, "--json");
        Assert.Equal(4, result.ExitCode);
        JsonNode inspected = JsonNode.Parse(result.Output.Split('\n')[0])!;
        Assert.False((bool)inspected["recording"]!["whole"]!);
        Assert.Equal(QemuLab.Newest.Machine("pc"), (string)inspected["machine"]!);
        Assert.True((int)inspected["ram_blocks"]![0]!["seen_pages"]! > 100);
        await Guests.AssertRunsOnAsync(pair.Source);
    }
}
