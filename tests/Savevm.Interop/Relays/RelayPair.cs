using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Relays;

/// <summary>Two QEMUs with a relay between them.</summary>
internal sealed class RelayPair
{
    private readonly Workspace _workspace;

    private RelayPair(Workspace workspace) => _workspace = workspace;

    public required LabGuest Source { get; init; }

    public required LabGuest Destination { get; init; }

    /// <summary>A monitor of the destination that answers also when its main loop waits for a page.</summary>
    public required QmpClient Urgent { get; init; }

    /// <summary>Where the destination waits.</summary>
    public required string Target { get; set; }

    /// <summary>Where the relay listens.</summary>
    public string Address { get; private set; } = "";

    public LabProcess Relay { get; private set; } = null!;

    /// <summary>Stands between the source and the relay, where it was asked for.</summary>
    public BreakingProxy? AtSource { get; private set; }

    /// <summary>Stands between the relay and the destination, where it was asked for.</summary>
    public BreakingProxy? AtDestination { get; private set; }

    /// <summary>Starts both QEMUs; the newest is the source, whose guest has ticked.</summary>
    /// <param name="workspace">Owns them.</param>
    /// <param name="destination">The QEMU at the other end.</param>
    /// <param name="transport"><c>unix</c> or <c>tcp</c>.</param>
    /// <param name="capabilities">Capabilities of both.</param>
    public static async Task<RelayPair> StartAsync(Workspace workspace, QemuInstallation destination, string transport = "unix", params IReadOnlyList<string> capabilities)
    {
        GuestSpecification specification = Guests.Usual(QemuLab.Newest) with { Machine = QemuLab.Newest.SharedMachine("pc", destination) };
        LabGuest source = await LabGuest.StartAsync(workspace, QemuLab.Newest, specification);
        LabGuest there = await WaitingAsync(workspace, destination, specification, capabilities);
        string target = NewAddress(workspace, transport);
        await there.Monitor.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = target });
        foreach (string capability in capabilities)
        {
            await source.Monitor.SetCapabilityAsync(capability);
        }

        await source.UntilTickAsync(3);
        QmpClient urgent = await QmpClient.ConnectAsync(there.QmpPath, outOfBand: true);
        return new RelayPair(workspace) { Source = source, Destination = there, Urgent = urgent, Target = target };
    }

    /// <summary>A QEMU with the machine of the source that waits for a migration.</summary>
    public static async Task<LabGuest> WaitingAsync(Workspace workspace, QemuInstallation qemu, GuestSpecification specification, IReadOnlyList<string> capabilities)
    {
        LabGuest waiting = await LabGuest.StartAsync(workspace, qemu, specification, "-incoming", "defer");
        await waiting.Monitor.SetCapabilityAsync("events");
        foreach (string capability in capabilities)
        {
            await waiting.Monitor.SetCapabilityAsync(capability);
        }

        return waiting;
    }

    /// <summary>An address where nobody is yet.</summary>
    public static string NewAddress(Workspace workspace, string transport) => transport == "tcp"
        ? string.Create(CultureInfo.InvariantCulture, $"tcp:127.0.0.1:{FreePort()}")
        : $"unix:{Path.Combine(workspace.NewFolder("m"), "in")}";

    /// <summary>Starts the relay and waits until it listens.</summary>
    public async Task RelayAsync(string transport = "unix", params IReadOnlyList<string> more)
    {
        Address = NewAddress(_workspace, transport);
        Relay = SavevmCommand.Start(_workspace, ["relay", "--listen", Address, "--connect", Target, "--json", .. more]);
        await Relay.UntilOutputAsync(said => said.Contains("\"listening\"", StringComparison.Ordinal));
    }

    /// <summary>Starts the relay with something that breaks on both sides of it.</summary>
    public async Task RelayBetweenProxiesAsync(params IReadOnlyList<string> more)
    {
        string there = NewAddress(_workspace, "unix"), target = Target;
        AtDestination = _workspace.Owns(new BreakingProxy(there[5..], target[5..]));
        Target = there;
        await RelayAsync("unix", more);
        Target = target;
        string here = NewAddress(_workspace, "unix");
        AtSource = _workspace.Owns(new BreakingProxy(here[5..], Address[5..]));
        Address = here;
    }

    /// <summary>Tells the source to migrate into the relay.</summary>
    public Task MigrateAsync(bool resume = false) => Source.Monitor.ExecuteAsync(
        "migrate", resume ? new JsonObject { ["uri"] = Address, ["resume"] = true } : new JsonObject { ["uri"] = Address });

    /// <summary>Limits of the source in bytes per second, so that something is left for postcopy.</summary>
    public Task LimitAsync(long precopy, long postcopy = 0) => Source.Monitor.ExecuteAsync(
        "migrate-set-parameters", new JsonObject { ["max-bandwidth"] = precopy, ["max-postcopy-bandwidth"] = postcopy });

    /// <summary>Begins to migrate and switches to postcopy at once; the guest runs at the destination when this returns.</summary>
    public async Task PostcopyAsync()
    {
        await MigrateAsync();
        await Source.Monitor.MigrationStatusAsync("active");
        await Source.Monitor.ExecuteAsync("migrate-start-postcopy");
        await SwitchedAsync();
    }

    /// <summary>Waits until the guest is on the other side.</summary>
    public async Task SwitchedAsync()
    {
        // The source calls it active before it has sent the package, without which the destination cannot be recovered.
        for (DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(30); !Urgent.Events.Any(happened => (string?)happened["event"] == "RESUME"); await Task.Delay(5))
        {
            Assert.True(DateTime.UtcNow < end, $"the guest does not run at the destination; {Relay.Errors}{Destination.Process.Errors}");
        }
    }

    /// <summary>Waits for the word that the source may go; the number of pages that the relay has then and the destination may not have.</summary>
    public async Task<int> WordAsync()
    {
        await Relay.UntilOutputAsync(said => WordIn(said) is not null);
        return (int)JsonNode.Parse(WordIn(Relay.Output)!)!["held_pages"]!;

        static string? WordIn(string said) => said.Split('\n')[..^1].FirstOrDefault(line => line.Contains("\"source_not_needed\"", StringComparison.Ordinal));
    }

    /// <summary>Waits for an event of the destination's migration.</summary>
    public async Task DestinationBecomesAsync(string status, int nth = 1)
    {
        for (DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(30); ; await Task.Delay(5))
        {
            int seen = Urgent.Events.Count(happened => (string?)happened["event"] == "MIGRATION" && (string?)happened["data"]!["status"] == status);
            if (seen >= nth)
            {
                return;
            }

            Assert.True(DateTime.UtcNow < end, $"the destination does not come to {status} for the {nth}. time; {Relay.Errors}{Destination.Process.Errors}");
        }
    }

    /// <summary>Tells the destination to wait for the relay again.</summary>
    public async Task RecoverAsync()
    {
        try
        {
            await Urgent.ExecuteAsync("migrate-recover", new JsonObject { ["uri"] = Target }, outOfBand: true);
        }
        catch (QmpError early) when (early.Message.Contains("can only be run when postcopy is paused", StringComparison.Ordinal))
        {
            // A QEMU that still listens at its first address is recovered by the relay before anybody tells it to.
        }
    }

    /// <summary>The guest goes on at the destination, checks all its memory once, and continues where it stood at the source.</summary>
    public async Task AssertArrivedAsync(bool sourceIsThere = true)
    {
        if (sourceIsThere)
        {
            await Source.ReadAsync();
        }

        await Destination.MoreTicksAsync(Guests.Usual(QemuLab.Newest).TicksPerPass + 3);
        if (sourceIsThere)
        {
            Destination.Log.AssertContinues(Source.Log);
        }
        else
        {
            Destination.Log.AssertSound();
        }
    }

    /// <summary>The report of a relay that ended well.</summary>
    public async Task<JsonNode> ReportAsync()
    {
        SavevmResult result = (await SavevmCommand.ResultAsync(Relay)).Expect(0);
        return JsonNode.Parse(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1])!;
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
