using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Subjects;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// How long the source stands still: the longest gap between two of the guest's ticks while it is saved, seen by whoever reads its serial port. The
/// guest's own clock stands still with it. QEMU saves to a file and is told to go on the moment it says completed; a capture of ours also checks the
/// state before it lets the guest go, and lays overlays over disks.
/// </summary>
internal static class PauseBenchmark
{
    private const string Live = "savevm capture, live";
    private const string Stop = "savevm capture, stop";
    private const string Background = "savevm capture, background";
    private const string Peer = "QEMU live into a file, then cont";
    private const int AllowedMilliseconds = 30;
    private const int Disks = 2;

    private static readonly Quantity Gap = new("gap_ms", "longest gap of ticks", "ms");
    private static readonly Quantity Downtime = new("downtime_ms", "QEMU says", "ms");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        findings.Notes.Add($"the guest ticks every {BenchmarkGuest.TickMilliseconds} ms; a gap is what is more than that");
        foreach (QemuInstallation qemu in run.Qemus)
        {
            BenchmarkGuest guest = BenchmarkGuest.HalfFilled(qemu, run.Options.IsQuick ? 256 : 1024);
            Measure(run, findings, guest, disks: 0);
            Measure(run, findings, guest, Disks);
        }
    }

    private static void Measure(BenchmarkRun run, BenchmarkFindings findings, BenchmarkGuest guest, int disks)
    {
        string what = disks == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {disks} disks");
        string folder = run.Workspace.NewDataFolder("pause");
        using var observer = new GuestObserver(run.Workspace.NewSocketFolder());
        run.Progress($"{guest}{what}: booting");
        using ChildProcess qemu = ChildProcess.Start(
            guest.Qemu.Path, [.. guest.Arguments, .. DiskArguments(folder, disks), .. observer.Arguments(withFreeMonitor: true)]);
        observer.Tick(qemu);
        var source = new Source(qemu, observer, new SavevmProgram(run, Path.Combine(folder, "repository")), Path.Combine(folder, "stream"));
        source.Monitor.Execute("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 0 });
        source.Monitor.SetCapabilities(true, "events");
        var comparison = new Comparison($"{guest}{what}", [Gap, Downtime]);
        findings.Comparisons.Add(comparison);
        comparison.Run(
            run.Options.Rounds,
            [
                new Contender(Live, Role.Ours, () => Ours(source, "live")),
                new Contender(Peer, Role.Peer, () => ToFile(source)),
                new Contender(Stop, Role.Ours, () => Ours(source, "stop")),
                new Contender(Background, Role.Ours, () => Ours(source, "background")),
            ],
            run.Progress);
        Quartiles? more = comparison.Difference($"{Live} - {Peer}", Live, Peer, Gap);
        comparison.Difference($"{Background} - {Peer}", Background, Peer, Gap);
        findings.Targets.Add(new Target($"{guest.Qemu}{what}: gap of a live capture beyond QEMU's own", AllowedMilliseconds, "ms", true, more?.Median, 1));
    }

    private static IEnumerable<string> DiskArguments(string folder, int disks)
    {
        for (int i = 0; i < disks; i++)
        {
            string path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"disk{i}.raw"));
            using (FileStream file = File.Create(path))
            {
                file.SetLength(1 << 30);
            }

            yield return "-drive";
            yield return $"if=virtio,format=raw,file={path}";
        }
    }

    private static Dictionary<Quantity, double> Ours(Source source, string mode)
    {
        int from = source.Begin();
        using ChildProcess capture = source.Savevm.StartCapture($"state-{++source.Captures}", source.Observer.FreeMonitor, mode, "run");
        JsonNode report = SavevmProgram.Report(capture);
        var values = new Dictionary<Quantity, double> { [Gap] = source.LongestGap(from) };
        if (report["downtime_ms"] is JsonValue downtime)
        {
            values[Downtime] = (double)downtime;
        }

        return values;
    }

    private static Dictionary<Quantity, double> ToFile(Source source)
    {
        int from = source.Begin();
        int position = source.Monitor.Position;
        source.Monitor.Execute("migrate", new JsonObject { ["uri"] = $"exec:cat > {source.File}" });
        source.Monitor.Event("MIGRATION", position, "completed");
        // QEMU says completed a moment before it takes a cont.
        while ((string?)source.Monitor.Execute("query-status")!["status"] == "finish-migrate")
        {
            Thread.Sleep(0);
        }

        source.Monitor.Execute("cont");
        double gap = source.LongestGap(from);
        return new Dictionary<Quantity, double> { [Gap] = gap, [Downtime] = (double)(source.Monitor.Execute("query-migrate")!["downtime"] ?? 0) };
    }

    /// <summary>The QEMU that is saved again and again, and goes on each time.</summary>
    private sealed record Source(ChildProcess Qemu, GuestObserver Observer, SavevmProgram Savevm, string File)
    {
        private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(300);

        public int Captures { get; set; }

        public QmpConnection Monitor => Observer.Monitor(Qemu);

        /// <summary>Lets the guest come to rest; the number of the line from which on its ticks count.</summary>
        public int Begin()
        {
            Thread.Sleep(Settling);
            return Observer.Serial(Qemu).Count - 1;
        }

        /// <summary>The longest gap between two ticks from a line on until the guest has come to rest, beyond what a tick takes.</summary>
        public double LongestGap(int from)
        {
            Thread.Sleep(Settling);
            IReadOnlyList<TimedLine> lines = Observer.Serial(Qemu).Lines;
            double longest = 0;
            for (int i = from + 1; i < lines.Count; i++)
            {
                longest = Math.Max(longest, Stopwatch.GetElapsedTime(lines[i - 1].Timestamp, lines[i].Timestamp).TotalMilliseconds);
            }

            return longest - BenchmarkGuest.TickMilliseconds;
        }
    }
}
