using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Subjects;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// A stopped QEMU's state into a file or a snapshot, until it is written and until it is durable. A peer is followed by fsync of its file; we
/// sync by ourselves, and are run once more with fsync made free of charge for the comparison without it.
/// </summary>
internal static class CaptureBenchmark
{
    private const string Savevm = "savevm capture";
    private const string Exec = "QEMU exec:cat > FILE";
    private const string Copier = "C copy of the socket to a file";
    private const string Discard = "C reader of the socket, discarded";

    private static readonly Quantity Written = new("written_ms", "written", "ms");
    private static readonly Quantity Durable = new("durable_ms", "durable", "ms");
    private static readonly Quantity Rate = new("written_mbps", "written", "MB/s");
    private static readonly Quantity Said = new("said_ms", "savevm says", "ms");
    private static readonly Quantity Processor = new("cpu_ms", "cpu beside QEMU", "ms");
    private static readonly Quantity QemuProcessor = new("qemu_cpu_ms", "cpu of QEMU", "ms");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        var peers = new PeerPrograms(run.Workspace);
        if (peers.Missing is { } missing)
        {
            findings.Notes.Add(missing);
            findings.Notes.Add("without them there is no C copy, no limit, and no figure of ours without sync");
        }

        findings.Notes.Add("savevm's times are those of the whole program, from its start to its end; the peers' are those of the migration alone");
        foreach (QemuInstallation qemu in run.Qemus)
        {
            BenchmarkGuest guest = BenchmarkGuest.HalfFilled(qemu, run.Options.IsQuick ? 256 : 1024);
            Measure(run, findings, peers, guest);
            Measure(run, findings, peers, guest with { Zero = 20 });
        }
    }

    private static void Measure(BenchmarkRun run, BenchmarkFindings findings, PeerPrograms peers, BenchmarkGuest guest)
    {
        string what = guest.Zero == 0 ? "" : ", scattered zero pages";
        using var observer = new GuestObserver(run.Workspace.NewSocketFolder());
        run.Progress($"{guest}: booting");
        using ChildProcess qemu = ChildProcess.Start(guest.Qemu.Path, [.. guest.Arguments, .. observer.Arguments(withFreeMonitor: true)]);
        observer.Tick(qemu);
        var source = new Source(run, qemu, observer, peers);
        source.Monitor.Execute("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 0 });
        source.Monitor.SetCapabilities(true, "events");
        List<Contender> contenders =
        [
            new(Savevm, Role.Ours, () => Ours(source)),
            new(Exec, Role.Peer, () => ToFile(source)),
        ];
        if (peers.SocketToFile is not null)
        {
            contenders.Add(new Contender(Copier, Role.Peer, () => ToSocket(source, source.NewFile())));
            contenders.Add(new Contender(Discard, Role.Limit, () => ToSocket(source, null)));
        }

        var comparison = new Comparison($"{guest}, stopped{what}", [Written, Durable, Rate, Said, Processor, QemuProcessor]);
        findings.Comparisons.Add(comparison);
        comparison.Run(run.Options.Rounds, contenders, run.Progress);
        source.NewFile();
        foreach ((string peer, double limit) in new[] { (Exec, 1.3), (Copier, 0.95) })
        {
            Quartiles? durable = comparison.Ratio($"{peer} / {Savevm}, durable", peer, Savevm, Durable);
            Quartiles? written = comparison.Ratio($"{peer} / {Savevm}, written", peer, Savevm, Written);
            findings.Targets.Add(new Target($"{guest.Qemu}{what}: {peer} against it, durable", limit, "x", false, durable?.Median));
            findings.Targets.Add(new Target($"{guest.Qemu}{what}: {peer} against it, written", limit, "x", false, written?.Median));
        }

        comparison.Ratio($"{Savevm} / {Discard}, written", Savevm, Discard, Written);
    }

    private static Dictionary<Quantity, double> Ours(Source source)
    {
        string folder = Path.GetDirectoryName(source.NewFile())!;
        Dictionary<Quantity, double> values = Capture(source, folder, null, Durable);
        if (source.Peers.NoSync is { } noSync)
        {
            source.NewFile();
            Dictionary<Quantity, double> unsynced = Capture(source, folder, noSync, Written);
            values[Written] = unsynced[Written];
            values[Rate] = unsynced[Rate];
        }

        return values;
    }

    private static Dictionary<Quantity, double> Capture(Source source, string folder, string? preload, Quantity quantity)
    {
        source.Monitor.StopAgain();
        double before = source.QemuProcessor;
        using ChildProcess savevm = new SavevmProgram(source.Run, Path.Combine(folder, "repository"))
            .StartCapture("state", source.Observer.FreeMonitor, "stop", "stop", preload);
        JsonNode report = SavevmProgram.Report(savevm);
        double elapsed = Stopwatch.GetElapsedTime(savevm.StartedAt, savevm.ExitedAt).TotalMilliseconds;
        return new Dictionary<Quantity, double>
        {
            [quantity] = elapsed,
            [Rate] = (double)report["stream_bytes"]! / elapsed / 1000,
            [Said] = (double)report["elapsed_ms"]!,
            [Processor] = savevm.Usage.ProcessorMilliseconds,
            [QemuProcessor] = source.QemuProcessor - before,
        };
    }

    private static Dictionary<Quantity, double> ToFile(Source source)
    {
        string file = source.NewFile();
        return Migrate(source, $"exec:cat > {file}", file, null);
    }

    private static Dictionary<Quantity, double> ToSocket(Source source, string? file)
    {
        string socket = Path.Combine(source.Observer.Folder, "copy");
        File.Delete(socket);
        using ChildProcess copier = ChildProcess.Start(source.Peers.SocketToFile!, file is null ? [socket] : [socket, file]);
        copier.Output!.Find(0, line => line.Text == "listening" ? line : null, QmpConnection.Patience);
        return Migrate(source, $"unix:{socket}", file, copier);
    }

    private static Dictionary<Quantity, double> Migrate(Source source, string uri, string? file, ChildProcess? receiver)
    {
        source.Monitor.StopAgain();
        double before = source.QemuProcessor;
        QmpConnection monitor = source.Monitor;
        int position = monitor.Position;
        long started = Stopwatch.GetTimestamp();
        monitor.Execute("migrate", new JsonObject { ["uri"] = uri });
        long ended = monitor.Event("MIGRATION", position, "completed").Timestamp;
        if (receiver is not null)
        {
            receiver.Wait(QmpConnection.Patience, mustSucceed: true);
            ended = Math.Max(ended, receiver.ExitedAt);
        }

        JsonNode report = monitor.Execute("query-migrate")!;
        double written = Stopwatch.GetElapsedTime(started, ended).TotalMilliseconds;
        var values = new Dictionary<Quantity, double>
        {
            [Written] = written,
            [Rate] = (double)report["ram"]!["transferred"]! / written / 1000,
            [QemuProcessor] = source.QemuProcessor - before,
        };
        if (receiver is not null)
        {
            values[Processor] = receiver.Usage.ProcessorMilliseconds;
        }

        if (file is not null)
        {
            long syncing = Stopwatch.GetTimestamp();
            using SafeFileHandle handle = File.OpenHandle(file);
            if (Libc.fsync((int)handle.DangerousGetHandle()) != 0)
            {
                throw new IOException($"{file}: it cannot be synced");
            }

            values[Durable] = written + Stopwatch.GetElapsedTime(syncing).TotalMilliseconds;
        }

        return values;
    }

    /// <summary>The QEMU that is saved again and again.</summary>
    private sealed record Source(BenchmarkRun Run, ChildProcess Qemu, GuestObserver Observer, PeerPrograms Peers)
    {
        public QmpConnection Monitor => Observer.Monitor(Qemu);

        public double QemuProcessor => ProcessFacts.ProcessorMilliseconds(Qemu.Id);

        public string NewFile() => Run.Workspace.NewDataFile("capture");
    }
}
