using System.Text.Json.Nodes;
using Savevm.Interop.Lab;
using Savevm.Migration.Incoming;
using Savevm.Migration.Live;
using Savevm.Transport;
using Savevm.Transport.Layers;
using Savevm.Transport.Tests.Tls;
using Savevm.Transport.Tls;

namespace Savevm.Interop.Hosting;

/// <summary>Multifd over TLS: each channel is a session of its own.</summary>
public sealed class NoneMachineTlsPagesTests : IDisposable
{
    private const int Mebibytes = 32;
    private const int Channels = 2;

    private readonly TestAuthority _authority = new();

    public static TheoryData<string> Qemus => [.. QemuLab.All.Select(qemu => qemu.Name)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _authority.Dispose();

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task AMachineThatWritesGoesToQemuInPackets(string name)
    {
        await using var workspace = new Workspace();
        string folder = _authority.WriteAll(workspace.NewFolder("t"));
        using var machine = new NoneMachine(Mebibytes, writers: 2);
        machine.Fill(21);
        machine.Start();
        await using NoneQemu qemu = await NoneQemu.StartAsync(
            workspace, QemuLab.Named(name), Mebibytes, "-incoming", "defer", "-object", $"tls-creds-x509,id=tls0,dir={folder},endpoint=server,verify-peer=on");
        await qemu.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject { ["tls-creds"] = "tls0" });
        await NoneMachinePagesTests.UseMultifdAsync(qemu.Monitor, "none", Channels);
        string path = Path.Combine(workspace.NewFolder("m"), "in");
        await qemu.Monitor.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = $"unix:{path}" });
        using TlsCredentials credentials = TlsCredentials.Load(folder, TlsEndpoint.Client);
        var options = new TlsOptions { HostName = "localhost", AcceptsUnmarkedEnd = true };
        TlsChannel Connect() => TlsChannel.Open(ChannelAddress.Unix(path).Connect(Token), credentials, options);
        using var channels = new ChannelSet(Connect(), null, [.. Enumerable.Range(0, Channels).Select(channel => new DeferredChannel($"channel {channel}", Connect))]);
        var migration = new LiveMigration(machine.AsLive(), channels, new LiveOptions
        {
            Multifd = new MultifdOptions(),
            Dialect = NoneMachinePagesTests.Spoken(QemuLab.Named(name)),
            Convergence = new ConvergenceOptions { StopAfterRounds = 4 },
        });
        await NoneMachineTests.RunAsync(() => migration.Run(Token), qemu);
        await qemu.Monitor.MigrationStatusAsync("completed");
        Assert.True(migration.Statistics.MultifdBytes > Mebibytes << 19, $"{migration.Statistics.MultifdBytes} bytes in packets");
        Assert.Equal(NoneQemu.Digest(machine.Content()), NoneQemu.Digest(await qemu.RamAsync()));
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task QemuComesToAMachineOfOursInPackets(string name)
    {
        await using var workspace = new Workspace();
        string folder = _authority.WriteAll(workspace.NewFolder("t"));
        byte[] content = new byte[Mebibytes << 20];
        new Random(22).NextBytes(content.AsSpan(1 << 20, 20 << 20));
        await using NoneQemu qemu = await NoneQemu.HoldingAsync(
            workspace, QemuLab.Named(name), content, "-object", $"tls-creds-x509,id=tls0,dir={folder},endpoint=client,verify-peer=on");
        await qemu.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject { ["tls-creds"] = "tls0", ["tls-hostname"] = "localhost" });
        await NoneMachinePagesTests.UseMultifdAsync(qemu.Monitor, "none", Channels);
        await qemu.Monitor.SetCapabilityAsync("return-path");
        using var machine = new NoneMachine(Mebibytes);
        using TlsCredentials credentials = TlsCredentials.Load(folder, TlsEndpoint.Server);
        string path = Path.Combine(workspace.NewFolder("m"), "in");
        using var listener = new TlsListener(ChannelAddress.Unix(path).Listen(), credentials, new TlsOptions { AcceptsUnmarkedEnd = true });
        await qemu.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = listener.Address });
        using ChannelSet channels = await Task.Run(() => ChannelReception.Accept(listener, new ExpectedChannels { Multifd = Channels }, Token));
        using var incoming = new IncomingMigration(machine.AsDestination(), channels);
        await NoneMachineTests.RunAsync(() => incoming.Run(Token), qemu);
        await qemu.Monitor.MigrationStatusAsync("completed");
        Assert.True(incoming.Statistics.MultifdBytes > 20 << 20, $"{incoming.Statistics.MultifdBytes} bytes in packets");
        Assert.Equal(NoneQemu.Digest(content), NoneQemu.Digest(machine.Content()));
        Assert.Equal(1, machine.Starts);
    }
}
