using System.Globalization;
using System.Text.RegularExpressions;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Subjects;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// Page requests as the guest sees them: as soon as it runs it touches pages in random order and times every touch by its own clock. What
/// counts are the touches that waited, since a page that the background stream brought in time costs nothing. Peers are QEMUs that are
/// the source of a postcopy; they always push in the background, and here without a limit.
/// </summary>
internal static partial class RequestsBenchmark
{
    private const string Alone = "savevm lazy, requests alone";
    private const string Behind = "savevm lazy, background on";
    private const string Postcopy = "QEMU to QEMU postcopy";
    private const string Preempt = "QEMU to QEMU postcopy, preempt";
    private const int Touches = 16384;
    private const int QuickTouches = 4096;

    private static readonly Quantity Half = new("p50_us", "p50", "us");
    private static readonly Quantity Tail = new("p99_us", "p99", "us");
    private static readonly Quantity Worst = new("max_us", "longest", "us");
    private static readonly Quantity Waits = new("waits", "waits", "touches");
    private static readonly Quantity Processor = new("cpu_ms", "cpu of both", "ms");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        findings.Notes.Add("a touch waited when it took 4 us or more by the guest's clock; percentiles are those of the touches that waited");
        foreach (QemuInstallation qemu in run.Qemus)
        {
            BenchmarkGuest guest = run.Options.IsQuick
                ? new BenchmarkGuest(qemu, 512, 256) { Walk = 256 }
                : new BenchmarkGuest(qemu, 1024, 512) { Walk = 256 };
            int touches = run.Options.IsQuick ? QuickTouches : Touches;
            using var saved = new SavedGuest(run, guest);
            var comparison = new Comparison(
                string.Create(CultureInfo.InvariantCulture, $"{guest}, {touches} first touches in random order"),
                [Half, Tail, Worst, Waits, Processor]);
            findings.Comparisons.Add(comparison);
            comparison.Run(
                run.Options.Rounds,
                [
                    new Contender(Alone, Role.Ours, () => Ours(run, saved, "none", touches)),
                    new Contender(Postcopy, Role.Peer, () => Peer(run, saved, touches, "postcopy-ram")),
                    new Contender(Behind, Role.Ours, () => Ours(run, saved, "all", touches)),
                    new Contender(Preempt, Role.Peer, () => Peer(run, saved, touches, "postcopy-ram", "postcopy-preempt")),
                ],
                run.Progress);
            AddTargets(findings, qemu, comparison);
        }
    }

    private static void AddTargets(BenchmarkFindings findings, QemuInstallation qemu, Comparison comparison)
    {
        foreach ((string ours, double half, double tail) in new[] { (Alone, 45.0, 250.0), (Behind, 100, 1000) })
        {
            findings.Targets.Add(new Target($"{qemu}, {ours}: p50", half, "us", true, comparison.Median(ours, Half)?.Median, 0));
            findings.Targets.Add(new Target($"{qemu}, {ours}: p99", tail, "us", true, comparison.Median(ours, Tail)?.Median, 0));
            Quartiles? halves = comparison.Ratio($"{Postcopy} / {ours}, p50", Postcopy, ours, Half);
            Quartiles? tails = comparison.Ratio($"{Postcopy} / {ours}, p99", Postcopy, ours, Tail);
            comparison.Ratio($"{Preempt} / {ours}, p50", Preempt, ours, Half);
            Quartiles? preempt = comparison.Ratio($"{Preempt} / {ours}, p99", Preempt, ours, Tail);
            findings.Targets.Add(new Target($"{qemu}: {Preempt} against {ours}, p99", 1, "x", false, preempt?.Median));
            if (ours == Alone)
            {
                findings.Targets.Add(new Target($"{qemu}: {Postcopy} against it, p50", 5, "x", false, halves?.Median, 1));
                findings.Targets.Add(new Target($"{qemu}: {Postcopy} against it, p99", 10, "x", false, tails?.Median, 1));
            }
        }
    }

    private static Dictionary<Quantity, double> Ours(BenchmarkRun run, SavedGuest saved, string prefetch, int touches)
    {
        if (saved.SnapshotFailure is { } failure)
        {
            throw new InvalidOperationException(failure);
        }

        // Touches are to wait: what the round before has learned would spare them.
        saved.ForgetWorkingSet();
        using var observer = new GuestObserver(saved.Sockets);
        using ChildProcess savevm = saved.Savevm.StartResume(SavedGuest.Snapshot, "lazy", prefetch);
        Dictionary<Quantity, double> values = Walk(observer, savevm, savevm.Id, touches);
        observer.Kill();
        return values;
    }

    private static Dictionary<Quantity, double> Peer(BenchmarkRun run, SavedGuest saved, int touches, params string[] capabilities)
    {
        using var pair = new QemuPair(run, saved);
        pair.SetCapabilities(capabilities);
        pair.StartPostcopy();
        return Walk(pair.Observer, pair.Destination, pair.Source.Id, touches);
    }

    /// <summary>Lets the guest walk from the moment it runs on, and reads what it says about its touches.</summary>
    private static Dictionary<Quantity, double> Walk(GuestObserver observer, ChildProcess starter, int server, int touches)
    {
        observer.Monitor(starter).Event("RESUME");
        double before = ProcessFacts.ProcessorMilliseconds(server) + ProcessFacts.ProcessorMilliseconds(observer.ProcessId);
        observer.Type(starter, 'l');
        Match? said = null;
        _ = observer.Serial(starter).Find(
            0,
            line =>
            {
                if (line.Text.Contains("CORRUPT", StringComparison.Ordinal))
                {
                    throw new InvalidOperationException($"the guest is broken: {line.Text}");
                }

                said = LatencyPattern().Match(line.Text);
                return said.Success && Number(said, 1) >= touches ? line : null;
            },
            QmpConnection.Patience) ?? throw new IOException($"the guest's QEMU is gone: {starter.LastWords()}");
        double after = ProcessFacts.ProcessorMilliseconds(server) + ProcessFacts.ProcessorMilliseconds(observer.ProcessId);
        var values = new Dictionary<Quantity, double>
        {
            [Worst] = Number(said!, 2),
            [Waits] = Number(said!, 3),
            [Processor] = after - before,
        };
        if (values[Waits] > 0)
        {
            values[Half] = Number(said!, 4);
            values[Tail] = Number(said!, 5);
        }

        return values;
    }

    private static double Number(Match match, int group) => double.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^LATENCY n=(\d+) .*max=(\d+) us, waits=(\d+)(?: p50=(\d+) p99=(\d+) us)?$")]
    private static partial Regex LatencyPattern();
}
