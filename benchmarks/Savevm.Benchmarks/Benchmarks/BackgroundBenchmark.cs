using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Subjects;
using Savevm.Hosting.Ram;
using Savevm.Hosting.Snapshots;
using Savevm.Machine.Ram;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// A guest that writes all the time, saved in the background: by a capture of ours, and by QEMU into a file of its own. What it still gets done meanwhile, the
/// longest it stands still, and how long it takes, beside the same guest saved while it stands still.
/// </summary>
internal static class BackgroundBenchmark
{
    private const string Ours = "savevm capture, background";
    private const string Peer = "QEMU background > FILE";
    private const string Own = "memory of a program, one thread";
    private const string Stopped = "QEMU stopped > FILE";

    // A tick of work is far longer than a tick of the clock, so the guest is never idle.
    private const int PagesOfTick = 32768;
    private const int LowMiB = 640, HighMiB = 384;
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(2), Settling = TimeSpan.FromMilliseconds(500);

    private static readonly Quantity Kept = new("kept", "work done, of before", "x");
    private static readonly Quantity Stall = new("stall_ms", "longest stall", "ms");
    private static readonly Quantity Time = new("save_ms", "time to save", "ms");
    private static readonly Quantity Waited = new("waited", "savevm says: waited", "x");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        if (WriteProtection.Refusal() is { } refusal)
        {
            findings.Notes.Add($"left out: {refusal}");
            return;
        }

        findings.Notes.Add("savevm's time is that of the whole program without its fsyncs, where there is a cc; QEMU's that of the migration alone");
        findings.Notes.Add("a stall is the longest gap between two ticks beyond the median gap; the guest writes to its pages one after the other");
        foreach (QemuInstallation qemu in run.Qemus)
        {
            foreach (int workingSet in run.Options.IsQuick ? new[] { 64 } : [64, 512])
            {
                Measure(run, findings, qemu, workingSet);
            }
        }
    }

    private static void Measure(BenchmarkRun run, BenchmarkFindings findings, QemuInstallation qemu, int workingSet)
    {
        using var observer = new GuestObserver(run.Workspace.NewSocketFolder());
        string title = string.Create(CultureInfo.InvariantCulture, $"{qemu}, 1 GiB guest, {HighMiB + workingSet} MiB filled, writes to {workingSet} MiB");
        run.Progress($"{title}: booting");
        using ChildProcess process = ChildProcess.Start(qemu.Path, [.. Arguments(qemu, workingSet), .. observer.Arguments(withFreeMonitor: true)]);
        observer.Tick(process);
        var source = new Source(run, process, observer, new PeerPrograms(run.Workspace).NoSync);
        source.Monitor.Execute("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 0 });
        source.Monitor.SetCapabilities(true, "events");
        var comparison = new Comparison(title, [Kept, Stall, Time, Waited]);
        findings.Comparisons.Add(comparison);
        comparison.Run(
            run.Options.Rounds,
            [
                new Contender(Ours, Role.Ours, () => Capture(source)), new Contender(Peer, Role.Peer, () => Background(source)),
                new Contender(Stopped, Role.Peer, () => Stop(source)), new Contender(Own, Role.Ours, () => SaveOwn(source, workingSet)),
            ],
            run.Progress);
        comparison.Ratio($"{Ours} / {Peer}, work done", Ours, Peer, Kept);
        comparison.Ratio($"{Ours} / {Peer}, longest stall", Ours, Peer, Stall);
        comparison.Ratio($"{Ours} / {Peer}, time", Ours, Peer, Time);
        Quartiles? own = comparison.Ratio($"{Own} / {Peer}, work done", Own, Peer, Kept);
        Quartiles? stall = comparison.Ratio($"{Own} / {Peer}, longest stall", Own, Peer, Stall);
        findings.Targets.Add(new Target(
            string.Create(CultureInfo.InvariantCulture, $"{qemu}, {workingSet} MiB: work done while memory of a program is saved, against a guest that QEMU saves"), 1, "x", false, own?.Median));
        findings.Targets.Add(new Target(
            string.Create(CultureInfo.InvariantCulture, $"{qemu}, {workingSet} MiB: its longest stall against that guest's"), 1, "x", true, stall?.Median));
        Quartiles? time = comparison.Ratio($"{Ours} / {Stopped}, time", Ours, Stopped, Time);
        findings.Targets.Add(new Target(
            string.Create(CultureInfo.InvariantCulture, $"{qemu}, {workingSet} MiB: a capture in the background against a save of QEMU's that stands still"), 0.8, "x", true, time?.Median));
    }

    private static IEnumerable<string> Arguments(QemuInstallation qemu, int workingSet) =>
    [
        "-machine", string.Create(CultureInfo.InvariantCulture, $"{qemu.Machine},max-ram-below-4g={LowMiB}M"), "-accel", "tcg",
        "-m", (LowMiB + HighMiB).ToString(CultureInfo.InvariantCulture), "-nodefaults", "-display", "none",
        "-kernel", RepositoryRoot.Combine("guest", "ticker.bin"),
        "-append", string.Create(CultureInfo.InvariantCulture, $"size={workingSet} zero=0 rate={PagesOfTick} verify=0 tick=10 step=64 high={HighMiB}"),
    ];

    private static Dictionary<Quantity, double> Capture(Source source)
    {
        string folder = Path.GetDirectoryName(source.NewFile())!;
        JsonNode? report = null;
        Dictionary<Quantity, double> values = source.Watch(() =>
        {
            using ChildProcess savevm = new SavevmProgram(source.Run, Path.Combine(folder, "repository"))
                .StartCapture("state", source.Observer.FreeMonitor, "background", "run", source.NoSync);
            report = SavevmProgram.Report(savevm);
            return Stopwatch.GetElapsedTime(savevm.StartedAt, savevm.ExitedAt);
        });
        if (report?["slowdown"]?["waited"] is JsonValue waited)
        {
            values[Waited] = (double)waited;
        }

        return values;
    }

    private static Dictionary<Quantity, double> Background(Source source)
    {
        source.Monitor.SetCapabilities(true, "background-snapshot");
        Dictionary<Quantity, double> values = source.Watch(() => source.Migrate());
        source.Settle();
        source.Monitor.SetCapabilities(false, "background-snapshot");
        return values;
    }

    private static Dictionary<Quantity, double> Stop(Source source)
    {
        Thread.Sleep(Settling);
        source.Monitor.Execute("stop");
        TimeSpan time = source.Migrate();
        source.Settle();
        source.Monitor.Execute("cont");
        return new Dictionary<Quantity, double> { [Time] = time.TotalMilliseconds };
    }

    /// <summary>As much memory, filled and written to as the guest's, but of this process; the guest stands still.</summary>
    private static Dictionary<Quantity, double> SaveOwn(Source source, int workingSet)
    {
        const int MebibytePages = (1 << 20) / RamBlock.PageSize;
        source.Monitor.Execute("stop");
        string file = source.NewFile();
        using var ram = new GuestRam([new RamBlockLayout("ram", (long)(LowMiB + HighMiB) * MebibytePages * RamBlock.PageSize)]);
        ram.Hosted[0].Memory.Fill(0, 1, (long)(HighMiB + workingSet) * MebibytePages * RamBlock.PageSize);
        var writer = new RamWriter(ram, (long)workingSet * MebibytePages, WriterHabit.InOrder);
        double usual = writer.During(() => Thread.Sleep(Before));
        TimeSpan time = default;
        double rate = writer.During(() =>
        {
            long begun = Stopwatch.GetTimestamp();
            SnapshotBenchmark.Save(ram, Path.GetDirectoryName(file)!, file);
            time = Stopwatch.GetElapsedTime(begun);
        });
        source.Monitor.Execute("cont");
        return new Dictionary<Quantity, double> { [Kept] = Math.Min(1, rate / usual), [Stall] = writer.LongestStall, [Time] = time.TotalMilliseconds };
    }

    /// <summary>The QEMU that is saved again and again.</summary>
    private sealed record Source(BenchmarkRun Run, ChildProcess Qemu, GuestObserver Observer, string? NoSync)
    {
        public QmpConnection Monitor => Observer.Monitor(Qemu);

        public string NewFile() => Run.Workspace.NewDataFile("background");

        /// <summary>QEMU saves itself.</summary>
        public TimeSpan Migrate()
        {
            int position = Monitor.Position;
            long started = Stopwatch.GetTimestamp();
            Monitor.Execute("migrate", new JsonObject { ["uri"] = $"exec:cat > {NewFile()}" });
            return Stopwatch.GetElapsedTime(started, Monitor.Event("MIGRATION", position, "completed").Timestamp);
        }

        /// <summary>QEMU says completed a moment before it takes a word.</summary>
        public void Settle()
        {
            for (string? state; (state = (string?)Monitor.Execute("query-status")!["status"]) is "finish-migrate" or "save-vm";)
            {
                Thread.Sleep(1);
            }
        }

        /// <summary>What the guest gets done before and during something.</summary>
        public Dictionary<Quantity, double> Watch(Func<TimeSpan> save)
        {
            Thread.Sleep(Settling);
            LineLog ticks = Observer.Serial(Qemu);
            int first = ticks.Count;
            Thread.Sleep(Before);
            int middle = ticks.Count;
            TimeSpan time = save();

            // The tick in which it ended.
            int last = ticks.Count;
            Observer.Tick(Qemu, last);
            IReadOnlyList<TimedLine> lines = ticks.Lines;
            double[] gaps = [.. Enumerable.Range(first + 1, last - first).Select(index => Stopwatch.GetElapsedTime(lines[index - 1].Timestamp, lines[index].Timestamp).TotalMilliseconds)];
            double[] calm = [.. gaps[..(middle - first - 1)].Order()];
            double usual = calm.Average();
            return new Dictionary<Quantity, double>
            {
                [Kept] = Math.Min(1, usual / gaps[(middle - first - 1)..].Average()),
                [Stall] = gaps[(middle - first - 1)..].Max() - calm[calm.Length / 2],
                [Time] = time.TotalMilliseconds,
            };
        }
    }
}
