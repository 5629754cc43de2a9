using Savevm.Hosting.Paging;
using Savevm.Hosting.Snapshots;
using Savevm.Interop.Lab;
using Savevm.Machine;
using Savevm.Migration.Background;
using Savevm.Transport;

namespace Savevm.Interop.Hosting;

/// <summary>A machine of ours saved in the background while it writes, and loaded by a real QEMU: what QEMU then has is the RAM of the instant.</summary>
public sealed class NoneMachineSnapshotTests
{
    private const int Mebibytes = 48;

    public static TheoryData<string> Qemus => [.. QemuLab.All.Select(qemu => qemu.Name)];

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task WhatIsSavedInTheBackgroundIsLoadedByQemu(string name)
    {
        Assert.SkipWhen(WriteProtection.Refusal() is { }, $"no write protection here: {WriteProtection.Refusal()}");
        await using var workspace = new Workspace();
        using var machine = new NoneMachine(Mebibytes, writers: 2);
        machine.Fill(4);
        machine.Start();
        string file = Path.Combine(workspace.NewFolder("s"), "state");
        string atInstant = "";
        machine.Stopped = () => atInstant = NoneQemu.Digest(machine.Content());
        using (IByteChannel channel = ChannelAddress.Parse($"file:{file}").Connect(TestContext.Current.CancellationToken))
        {
            using var frozen = new FrozenRam(machine.Ram, new PagerOptions { CopiesFolder = workspace.NewFolder("c") });
            var snapshot = new BackgroundSnapshot(new FreezableMachine(machine.Devices.Outline, frozen, machine.Devices, machine), channel);
            await Task.Run(() => snapshot.Run(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
            Assert.True(frozen.PagesAhead > 0, "the machine wanted to write to no page before its turn");
        }

        machine.Stopped = null;
        Assert.Equal((2, 1), (machine.Starts, machine.Stops));
        Assert.NotEqual(atInstant, NoneQemu.Digest(machine.Content()));
        await using NoneQemu qemu = await NoneQemu.StartAsync(workspace, QemuLab.Named(name), Mebibytes, "-incoming", $"exec:cat {file}");
        await qemu.Monitor.MigrationStatusAsync("completed");
        Assert.Equal("running", await qemu.Monitor.StatusAsync());
        Assert.Equal(atInstant, NoneQemu.Digest(await qemu.RamAsync()));
        (await SavevmCommand.RunAsync(workspace, "verify", file)).Expect(0);
        Assert.Contains("timer", (await SavevmCommand.RunAsync(workspace, "inspect", file)).Expect(0).Output, StringComparison.Ordinal);
    }
}
