using System.Text.Json.Nodes;
using Savevm.Hosting.Faults;
using Savevm.Interop.Lab;
using Savevm.Machine.Ram;
using Savevm.Migration;
using Savevm.Migration.Incoming;
using Savevm.Migration.Live;
using Savevm.Transport;
using Savevm.Transport.Tests.Tls;
using Savevm.Transport.Tls;

namespace Savevm.Interop.Hosting;

/// <summary>A machine of ours and a real QEMU over TLS, with the certificates of both looked at by both.</summary>
public sealed class NoneMachineTlsTests : IDisposable
{
    private const int Mebibytes = 32;

    private readonly TestAuthority _authority = new();

    /// <summary>QEMU, scheme.</summary>
    public static TheoryData<string, string> Connections => new(
        from qemu in QemuLab.All
        from scheme in new[] { "tcp", "unix" }
        select (qemu.Name, scheme));

    /// <summary>Each scheme and each QEMU once: what takes longer.</summary>
    public static TheoryData<string, string> SomeConnections => new() { { QemuLab.Oldest.Name, "tcp" }, { QemuLab.Newest.Name, "unix" } };

    public static TheoryData<string> Qemus => [.. QemuLab.All.Select(qemu => qemu.Name)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _authority.Dispose();

    [Theory]
    [MemberData(nameof(Connections))]
    public async Task AMachineThatWritesGoesToQemuByPrecopy(string name, string scheme)
    {
        await using var workspace = new Workspace();
        string folder = _authority.WriteAll(workspace.NewFolder("t"));
        using var machine = new NoneMachine(Mebibytes, writers: 2);
        machine.Fill(11);
        machine.Start();
        await using NoneQemu qemu = await StartServerAsync(workspace, name, folder);
        ChannelAddress to = await ListenAsync(workspace, qemu, scheme);
        using ChannelSet channels = Call(to, folder);
        var migration = new LiveMigration(machine.AsLive(), channels, new LiveOptions { Convergence = new ConvergenceOptions { StopAfterRounds = 4 } });
        await RunAsync(() => migration.Run(Token), qemu);
        Assert.Equal((1, 1), (machine.Starts, machine.Stops));
        Assert.True(machine.Writes > 100, $"{machine.Writes} writes while it was sent");
        await qemu.Monitor.MigrationStatusAsync("completed");
        Assert.Equal(NoneQemu.Digest(machine.Content()), NoneQemu.Digest(await qemu.RamAsync()));
    }

    /// <summary>Its requests come inside of the session in which the pages go.</summary>
    [Theory]
    [MemberData(nameof(SomeConnections))]
    public async Task AMachineThatWritesGoesToQemuByPostcopy(string name, string scheme)
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
        await using var workspace = new Workspace();
        string folder = _authority.WriteAll(workspace.NewFolder("t"));
        using var machine = new NoneMachine(Mebibytes, writers: 2);
        machine.Fill(12);
        machine.Start();
        await using NoneQemu qemu = await StartServerAsync(workspace, name, folder);
        await qemu.Monitor.SetCapabilityAsync("postcopy-ram");
        ChannelAddress to = await ListenAsync(workspace, qemu, scheme);
        using ChannelSet channels = Call(to, folder);
        var options = new LiveOptions
        {
            Postcopy = true,
            // Slowly enough that QEMU has to ask for what it reads.
            BandwidthBytesPerSecond = 40 << 20,
            Convergence = new ConvergenceOptions { DowntimeLimit = TimeSpan.FromTicks(1) },
        };
        var migration = new LiveMigration(machine.AsLive(), channels, options);
        Task run = RunAsync(() => migration.Run(Token), qemu);
        await Task.Delay(200, Token);
        migration.StartPostcopy();
        while (migration.State < MigrationState.PostcopyActive && !run.IsCompleted)
        {
            await Task.Delay(5, Token);
        }

        byte[] read = await qemu.RamAsync();
        await run;
        Assert.Equal(NoneQemu.Digest(machine.Content()), NoneQemu.Digest(read));
        Assert.InRange(migration.Statistics.RequestsReceived, 1, Mebibytes * 256);
        Assert.Equal((1, 1), (machine.Starts, machine.Stops));
    }

    [Theory]
    [MemberData(nameof(Connections))]
    public async Task QemuComesToAMachineOfOurs(string name, string scheme)
    {
        await using var workspace = new Workspace();
        string folder = _authority.WriteAll(workspace.NewFolder("t"));
        byte[] content = Content(13);
        await using NoneQemu qemu = await HoldingClientAsync(workspace, name, content, folder);
        using var machine = new NoneMachine(Mebibytes);
        using TlsCredentials credentials = TlsCredentials.Load(folder, TlsEndpoint.Server);
        // QEMU closes the main channel without the end mark, and its end says that it gives the machine away.
        var options = new TlsOptions { Authorizes = peer => peer == "CN=client,O=Savevm tests", AcceptsUnmarkedEnd = true };
        using var listener = new TlsListener(Address(workspace, scheme).Listen(), credentials, options);
        await qemu.Monitor.SetCapabilityAsync("return-path");
        await qemu.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = listener.Address });
        using IByteChannel channel = listener.Accept(Token);
        using var incoming = new IncomingMigration(machine.AsDestination(), channel);
        await RunAsync(() => incoming.Run(Token), qemu);
        await qemu.Monitor.MigrationStatusAsync("completed");
        Assert.Equal(NoneQemu.Digest(content), NoneQemu.Digest(machine.Content()));
        Assert.Equal("running", machine.State.Text);
        Assert.Equal(1, machine.Starts);
    }

    [Theory]
    [MemberData(nameof(SomeConnections))]
    public async Task QemuComesToAMachineOfOursByPostcopy(string name, string scheme)
    {
        Assert.SkipWhen(MissingPages.Refusal() is not null, MissingPages.Refusal() ?? "");
        await using var workspace = new Workspace();
        string folder = _authority.WriteAll(workspace.NewFolder("t"));
        byte[] content = Content(14);
        await using NoneQemu qemu = await HoldingClientAsync(workspace, name, content, folder);
        using var machine = new NoneMachine(Mebibytes);
        using var faults = new MissingPages(machine.Ram);
        using TlsCredentials credentials = TlsCredentials.Load(folder, TlsEndpoint.Server);
        using var listener = new TlsListener(Address(workspace, scheme).Listen(), credentials);
        await qemu.Monitor.SetCapabilityAsync("postcopy-ram");
        await qemu.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 16 << 20, ["max-postcopy-bandwidth"] = 16 << 20 });
        await qemu.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = listener.Address });
        using IByteChannel channel = listener.Accept(Token);
        using var incoming = new IncomingMigration(machine.AsDestination(faults), channel);
        Task run = RunAsync(() => incoming.Run(Token), qemu);
        await Task.Delay(200, Token);
        await qemu.Monitor.ExecuteAsync("migrate-start-postcopy");
        while (machine.Starts == 0 && !run.IsCompleted)
        {
            await Task.Delay(5, Token);
        }

        // From behind, where QEMU would come last.
        byte[] read = new byte[content.Length];
        for (int at = content.Length - RamBlock.PageSize; at >= 0; at -= RamBlock.PageSize)
        {
            machine.Ram.Hosted[0].Memory.Read(at, read.AsSpan(at, RamBlock.PageSize));
        }

        await run;
        Assert.Equal(NoneQemu.Digest(content), NoneQemu.Digest(read));
        Assert.InRange(faults.Faults, 10, Mebibytes * 256);
        await qemu.Monitor.MigrationStatusAsync("completed");
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task AQemuThatAnotherCASignedGetsNothing(string name)
    {
        await using var workspace = new Workspace();
        string folder = _authority.WriteAll(workspace.NewFolder("t"));
        await using NoneQemu qemu = await StartServerAsync(workspace, name, Foreign(workspace));
        ChannelAddress to = await ListenAsync(workspace, qemu, "tcp");
        var refusal = Assert.Throws<TlsException>(() => Call(to, folder));
        Assert.Equal(
            $"{to}: the certificate of the server, CN=localhost,O=Savevm tests, is not signed by the CA of {folder}/ca-cert.pem", refusal.Message);
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task AMachineThatQemuRefusesGoesOnWhereItIs(string name)
    {
        await using var workspace = new Workspace();
        string ours = Foreign(workspace);
        string theirs = _authority.WriteAll(workspace.NewFolder("t"));
        using var machine = new NoneMachine(Mebibytes, writers: 1);
        machine.Fill(15);
        machine.Start();
        await using NoneQemu qemu = await StartServerAsync(workspace, name, theirs);
        ChannelAddress to = await ListenAsync(workspace, qemu, "tcp");
        // It trusts QEMU without looking, or it would refuse first.
        Exception refusal = Assert.ThrowsAny<IOException>(() =>
        {
            using ChannelSet channels = Call(to, ours, new TlsOptions { VerifyPeer = false });
            new LiveMigration(machine.AsLive(), channels, new LiveOptions()).Run(Token);
        });
        Assert.Contains("refused", refusal.Message, StringComparison.Ordinal);
        Assert.True(SpinWait.SpinUntil(() => qemu.Errors.Contains("The certificate hasn't got a known issuer", StringComparison.Ordinal), TimeSpan.FromSeconds(5)));
        Assert.Equal(machine.Stops + 1, machine.Starts);
        long writes = machine.Writes;
        Assert.True(SpinWait.SpinUntil(() => machine.Writes > writes + 100, TimeSpan.FromSeconds(10)), "it stands still");
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task AQemuWithoutACertificateGoesOnWhereItIs(string name)
    {
        await using var workspace = new Workspace();
        string ours = _authority.WriteAll(workspace.NewFolder("t"));
        string theirs = workspace.NewFolder("t");
        _authority.WriteAuthority(theirs);
        await RefuseAsync(workspace, name, ours, theirs, new TlsOptions(), "the client showed no certificate");
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task AQemuOfAnotherCAGoesOnWhereItIs(string name)
    {
        await using var workspace = new Workspace();
        string ours = _authority.WriteAll(workspace.NewFolder("t"));
        await RefuseAsync(workspace, name, ours, Foreign(workspace), new TlsOptions(), "is not signed by the CA of ");
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task AQemuThatRefusesUsGoesOnWhereItIs(string name)
    {
        await using var workspace = new Workspace();
        string ours = _authority.WriteAll(workspace.NewFolder("t"));
        // We would refuse first if we looked.
        await RefuseAsync(workspace, name, ours, Foreign(workspace), new TlsOptions { VerifyPeer = false }, "it may have refused our certificate");
    }

    private static async Task RefuseAsync(Workspace workspace, string name, string ours, string theirs, TlsOptions options, string reason)
    {
        await using NoneQemu qemu = await HoldingClientAsync(workspace, name, new byte[Mebibytes << 20], theirs);
        using var machine = new NoneMachine(Mebibytes);
        using TlsCredentials credentials = TlsCredentials.Load(ours, TlsEndpoint.Server);
        using IChannelListener listener = ChannelAddress.Parse("tcp:127.0.0.1:0").Listen();
        await qemu.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = listener.Address });
        Exception refusal = Assert.ThrowsAny<IOException>(() =>
        {
            // In TLS 1.3 a client is through before the other side knows what it thinks of it.
            using TlsChannel channel = TlsChannel.Open(listener.Accept(Token), credentials, options);
            using var incoming = new IncomingMigration(machine.AsDestination(), channel);
            incoming.Run(Token);
        });
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        await qemu.Monitor.MigrationStatusAsync("failed");
        Assert.Equal("running", await qemu.Monitor.StatusAsync());
        Assert.Equal(0, machine.Starts);
    }

    private static byte[] Content(int seed)
    {
        byte[] content = new byte[Mebibytes << 20];
        new Random(seed).NextBytes(content.AsSpan(1 << 20, 20 << 20));
        return content;
    }

    private static Task<NoneQemu> StartServerAsync(Workspace workspace, string name, string folder) => NoneQemu.StartAsync(
        workspace, QemuLab.Named(name), Mebibytes, "-incoming", "defer", "-object", $"tls-creds-x509,id=tls0,dir={folder},endpoint=server,verify-peer=on");

    private static async Task<NoneQemu> HoldingClientAsync(Workspace workspace, string name, byte[] content, string folder)
    {
        NoneQemu qemu = await NoneQemu.HoldingAsync(
            workspace, QemuLab.Named(name), content, "-object", $"tls-creds-x509,id=tls0,dir={folder},endpoint=client,verify-peer=on");
        await qemu.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject { ["tls-creds"] = "tls0", ["tls-hostname"] = "localhost" });
        return qemu;
    }

    private static ChannelAddress Address(Workspace workspace, string scheme) =>
        ChannelAddress.Parse(scheme == "tcp" ? "tcp:127.0.0.1:0" : $"unix:{workspace.NewFolder("m")}/in");

    private static async Task<ChannelAddress> ListenAsync(Workspace workspace, NoneQemu qemu, string scheme)
    {
        await qemu.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject { ["tls-creds"] = "tls0" });
        ChannelAddress address = Address(workspace, scheme);
        await qemu.Monitor.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = address.Text });
        if (scheme != "tcp")
        {
            return address;
        }

        JsonNode listens = (await qemu.Monitor.ExecuteAsync("query-migrate"))!["socket-address"]![0]!;
        return ChannelAddress.Parse($"tcp:127.0.0.1:{(string)listens["port"]!}");
    }

    private static ChannelSet Call(ChannelAddress to, string folder, TlsOptions? options = null)
    {
        using TlsCredentials credentials = TlsCredentials.Load(folder, TlsEndpoint.Client);
        return new ChannelSet(TlsChannel.Open(to.Connect(Token), credentials, options ?? new TlsOptions { HostName = "localhost" }, Token));
    }

    private static string Foreign(Workspace workspace)
    {
        using var other = new TestAuthority("CN=Somebody else");
        return other.WriteAll(workspace.NewFolder("f"));
    }

    private static async Task RunAsync(Action engine, NoneQemu qemu)
    {
        try
        {
            await Task.Factory.StartNew(engine, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"QEMU said: {qemu.Errors}", failure);
        }
    }
}
