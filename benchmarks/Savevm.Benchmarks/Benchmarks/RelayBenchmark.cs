using System.Diagnostics;
using System.Text.Json.Nodes;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Subjects;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// A stopped guest from one QEMU to another: through the relay, through a C program that only splices, and directly. From the source's <c>migrate</c> to its
/// word that it has completed.
/// </summary>
internal static class RelayBenchmark
{
    private const string Relay = "savevm relay";
    private const string Splice = "C, splice only";
    private const string Direct = "direct";

    private static readonly Quantity Time = new("ms", "time", "ms");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        // The newest: a relay's source that runs must be one that loses no writes, and this is the one that people relay.
        QemuInstallation qemu = run.Qemus[^1];
        BenchmarkGuest guest = BenchmarkGuest.HalfFilled(qemu, run.Options.IsQuick ? 512 : 1024);
        var peers = new PeerPrograms(run.Workspace);
        using var saved = new SavedGuest(run, guest, withSnapshot: false);
        foreach (var (capability, what) in new[] { ("", "without a return path"), ("return-path", "with a return path"), ("postcopy-ram", "where postcopy is possible") })
        {
            var comparison = new Comparison($"{guest}, {what}", [Time]);
            findings.Comparisons.Add(comparison);
            List<Contender> contenders =
            [
                new(Relay, Role.Ours, () => Through(run, saved, capability, Relayed)),
                new(Direct, Role.Limit, () => Through(run, saved, capability, null)),
            ];
            if (peers.SpliceRelay is { } program)
            {
                contenders.Add(new Contender(Splice, Role.Peer, () => Through(run, saved, capability, (_, listen, connect) => ChildProcess.Start(program, [listen, connect]))));
            }
            else
            {
                findings.Notes.Add(peers.Missing!);
            }

            comparison.Run(run.Options.Rounds, contenders, run.Progress);
            Quartiles? splice = comparison.Ratio($"{Relay} / {Splice}", Relay, Splice, Time);
            Quartiles? direct = comparison.Ratio($"{Relay} / {Direct}", Relay, Direct, Time);
            findings.Targets.Add(new Target($"relay {what}, against a C program that only splices", 1.1, "x", true, splice?.Median));
            findings.Targets.Add(new Target($"relay {what}, against a direct migration", 1.5, "x", true, direct?.Median));
        }
    }

    private static ChildProcess Relayed(BenchmarkRun run, string listen, string connect) =>
        ChildProcess.Start(run.Options.Savevm, ["relay", "--listen", $"unix:{listen}", "--connect", $"unix:{connect}", "--quiet"]);

    private static Dictionary<Quantity, double> Through(
        BenchmarkRun run, SavedGuest saved, string capability, Func<BenchmarkRun, string, string, ChildProcess>? relay)
    {
        using var pair = new QemuPair(run, saved);
        string here = Path.Combine(pair.Observer.Folder, "here"), there = Path.Combine(pair.Observer.Folder, "there");
        QmpConnection from = pair.From, to = pair.To;
        from.SetCapabilities(true, "events");
        if (capability.Length > 0)
        {
            pair.SetCapabilities(capability);
        }

        to.Execute("migrate-incoming", new JsonObject { ["uri"] = $"unix:{there}" });
        using ChildProcess? between = relay?.Invoke(run, here, there);
        for (DateTime end = DateTime.UtcNow + QmpConnection.Patience; between is not null && !File.Exists(here); Thread.Sleep(1))
        {
            if (DateTime.UtcNow > end || between.HasExited)
            {
                throw new IOException($"no relay listens: {between.LastWords()}");
            }
        }

        // The name is there a moment before anybody listens at it.
        Thread.Sleep(20);

        int position = from.Position;
        long begun = Stopwatch.GetTimestamp();
        from.Execute("migrate", new JsonObject { ["uri"] = $"unix:{(between is null ? there : here)}" });
        QmpEvent completed = from.Event("MIGRATION", position, "completed");
        to.UntilMigrated();
        return new Dictionary<Quantity, double> { [Time] = Stopwatch.GetElapsedTime(begun, completed.Timestamp).TotalMilliseconds };
    }
}
