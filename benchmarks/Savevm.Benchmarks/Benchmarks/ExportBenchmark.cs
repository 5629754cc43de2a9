using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Subjects;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// A mapped-ram file: ours from a snapshot, by two threads, beside the file that QEMU itself writes of the same stopped guest, by one thread and by two
/// channels. Written is without sync (ours with fsync made free of charge), durable with it.
/// </summary>
internal static class ExportBenchmark
{
    private const string Export = "savevm export --format mapped-ram";
    private const string OneChannel = "QEMU file: mapped-ram";
    private const string TwoChannels = "QEMU file: mapped-ram, multifd";
    private const string Snapshot = "state";

    private static readonly Quantity Written = new("written_ms", "written", "ms");
    private static readonly Quantity Durable = new("durable_ms", "durable", "ms");
    private static readonly Quantity Peak = new("peak_mib", "peak", "MiB");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        QemuInstallation newest = run.Qemus[^1];
        if (!newest.HasMappedRam)
        {
            findings.Notes.Add($"{newest} writes no mapped-ram files");
            return;
        }

        var peers = new PeerPrograms(run.Workspace);
        if (peers.NoSync is null)
        {
            findings.Notes.Add($"{peers.Missing}: no figure of ours without sync");
        }

        BenchmarkGuest guest = BenchmarkGuest.HalfFilled(newest, run.Options.IsQuick ? 256 : 1024);
        using var observer = new GuestObserver(run.Workspace.NewSocketFolder());
        run.Progress($"{guest}: booting");
        using ChildProcess qemu = ChildProcess.Start(newest.Path, [.. guest.Arguments, .. observer.Arguments(withFreeMonitor: true)]);
        observer.Tick(qemu);
        QmpConnection monitor = observer.Monitor(qemu);
        monitor.StopAgain();
        string repository = Path.Combine(run.Workspace.NewDataFolder("saved"), "repository");
        new SavevmProgram(run, repository).Capture(Snapshot, observer.FreeMonitor, "stop", "stop");
        monitor.Execute("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 0, ["multifd-channels"] = 2 });
        monitor.SetCapabilities(true, "events", "mapped-ram");
        List<Contender> contenders =
        [
            new(Export, Role.Ours, () => Ours(run, repository, peers.NoSync)),
            new(TwoChannels, Role.Peer, () => Theirs(run, monitor, true)),
            new(OneChannel, Role.Peer, () => Theirs(run, monitor, false)),
        ];
        var comparison = new Comparison($"{guest}, stopped, as a mapped-ram file", [Written, Durable, Peak]);
        findings.Comparisons.Add(comparison);
        comparison.Run(run.Options.Rounds, contenders, run.Progress);
        run.Workspace.NewDataFile("export");
        foreach (string peer in new[] { TwoChannels, OneChannel })
        {
            comparison.Ratio($"{peer} / {Export}, written", peer, Export, Written);
            comparison.Ratio($"{peer} / {Export}, durable", peer, Export, Durable);
        }
        findings.Targets.Add(new Target("export: highest peak", 150, "MiB", true, comparison.Find(Export)?.Values(Peak).DefaultIfEmpty().Max(), 1));
    }

    private static Dictionary<Quantity, double> Ours(BenchmarkRun run, string repository, string? noSync)
    {
        (double durable, double peak) = Launch(run, repository, null);
        var values = new Dictionary<Quantity, double> { [Durable] = durable, [Peak] = peak };
        if (noSync is not null)
        {
            values[Written] = Launch(run, repository, noSync).Milliseconds;
        }

        return values;
    }

    private static (double Milliseconds, double Peak) Launch(BenchmarkRun run, string repository, string? preload)
    {
        string file = run.Workspace.NewDataFile("export");
        var environment = new Dictionary<string, string> { ["SAVEVM_REPOSITORY"] = repository };
        if (preload is not null)
        {
            environment["LD_PRELOAD"] = preload;
        }

        using ChildProcess process = ChildProcess.Start(
            run.Options.Savevm, ["export", Snapshot, file, "--format", "mapped-ram", "--quiet"], environment, silent: true);
        long peak = 0;
        while (!process.HasExited)
        {
            peak = Math.Max(peak, ProcessFacts.Memory(process.Id).Peak);
            Thread.Sleep(1);
        }

        process.Wait(QmpConnection.Patience, mustSucceed: true);
        return (Stopwatch.GetElapsedTime(process.StartedAt, process.ExitedAt).TotalMilliseconds, peak / 1024.0);
    }

    private static Dictionary<Quantity, double> Theirs(BenchmarkRun run, QmpConnection monitor, bool hasChannels)
    {
        string file = run.Workspace.NewDataFile("export");
        monitor.StopAgain();
        monitor.SetCapabilities(hasChannels, "multifd");
        int position = monitor.Position;
        long started = Stopwatch.GetTimestamp();
        monitor.Execute("migrate", new JsonObject { ["uri"] = $"file:{file}" });
        long ended = monitor.Event("MIGRATION", position, "completed").Timestamp;
        double written = Stopwatch.GetElapsedTime(started, ended).TotalMilliseconds;
        long syncing = Stopwatch.GetTimestamp();
        using SafeFileHandle handle = File.OpenHandle(file);
        if (Libc.fsync((int)handle.DangerousGetHandle()) != 0)
        {
            throw new IOException($"{file}: it cannot be synced");
        }

        return new Dictionary<Quantity, double>
        {
            [Written] = written,
            [Durable] = written + Stopwatch.GetElapsedTime(syncing).TotalMilliseconds,
        };
    }
}
