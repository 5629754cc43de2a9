using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Subjects;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// Instant resume: from starting the program to the moment at which QEMU says that the guest runs, and to the guest's next tick on its serial
/// port. The peers load the same state completely; the limit is a QEMU that starts and does nothing but listen.
/// </summary>
internal static class ResumeBenchmark
{
    private const string Lazy = "savevm lazy";
    private const string Clone = "savevm clone";
    private const string Start = "QEMU's own start to listening";
    private const string Exec = "QEMU exec:cat FILE";
    private const string FileUri = "QEMU file:FILE";
    private const string MappedRam = "QEMU mapped-ram, multifd";

    private static readonly Quantity Running = new("run_ms", "to running", "ms");
    private static readonly Quantity Tick = new("tick_ms", "to tick", "ms");
    private static readonly Quantity Said = new("said_ms", "savevm says", "ms");
    private static readonly Quantity Share = new("said_share_ms", "of it since listening", "ms");
    private static readonly Quantity Listening = new("listening_to_run_ms", "listening to running", "ms");
    private static readonly Quantity Processor = new("cpu_ms", "cpu", "ms");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        findings.Notes.Add("our share is the time to running less the start of a QEMU that only listens, in the same round");
        findings.Notes.Add("a peer's time to running ends with the answer to cont: QEMU saved a machine that was stopped");
        foreach (QemuInstallation qemu in run.Qemus)
        {
            var sizes = new List<(int MiB, Comparison Comparison)>();
            foreach (int mebibytes in run.Options.Sizes)
            {
                var guest = BenchmarkGuest.HalfFilled(qemu, mebibytes);
                if (HostMemory.IsTooSmallFor(guest))
                {
                    findings.Notes.Add($"{guest}: left out, this host has not the memory for it");
                    continue;
                }

                using var saved = new SavedGuest(run, guest);
                var comparison = new Comparison(guest.ToString(), [Running, Tick, Said, Share, Listening, Processor]);
                findings.Comparisons.Add(comparison);
                comparison.Run(run.Options.Rounds, Contenders(run, saved), run.Progress);
                Pair(comparison);
                sizes.Add((mebibytes, comparison));
            }

            AddTargets(findings, qemu, sizes);
        }
    }

    private static IEnumerable<Contender> Contenders(BenchmarkRun run, SavedGuest saved)
    {
        yield return new Contender(Lazy, Role.Ours, () => Resume(run, saved, "lazy"));
        yield return new Contender(Start, Role.Limit, () => StartOnly(run, saved.Guest));
        yield return new Contender(Clone, Role.Ours, () => Resume(run, saved, "clone"));
        yield return new Contender(Exec, Role.Peer, () => Load(run, saved.Guest, $"exec:cat {saved.Stream}", [], null));
        if (saved.Guest.Qemu.HasFileUri)
        {
            yield return new Contender(FileUri, Role.Peer, () => Load(run, saved.Guest, $"file:{saved.Stream}", [], null));
        }

        if (saved.Guest.Qemu.HasMappedRam)
        {
            yield return new Contender(MappedRam, Role.Peer, () => Load(
                run, saved.Guest, $"file:{saved.MappedRam}", SavedGuest.MappedRamCapabilities, SavedGuest.MappedRamParameters));
        }
    }

    private static Dictionary<Quantity, double> Resume(BenchmarkRun run, SavedGuest saved, string mode)
    {
        if (saved.SnapshotFailure is { } failure)
        {
            throw new InvalidOperationException(failure);
        }

        using var observer = new GuestObserver(saved.Sockets);
        using ChildProcess savevm = saved.Savevm.StartResume(SavedGuest.Snapshot, mode, "all");
        QmpConnection monitor = observer.Monitor(savevm);
        TimedLine tick = observer.Tick(savevm).Line;
        double processor = ProcessFacts.ProcessorMilliseconds(savevm.Id) + ProcessFacts.ProcessorMilliseconds(observer.ProcessId);
        QmpEvent running = monitor.Event("RESUME");
        JsonNode message = SavevmProgram.Message(savevm, "running").Message;
        var values = new Dictionary<Quantity, double>
        {
            [Running] = (running.Utc - savevm.StartedAtUtc).TotalMilliseconds,
            [Tick] = Stopwatch.GetElapsedTime(savevm.StartedAt, tick.Timestamp).TotalMilliseconds,
            [Said] = (double)message["ms_since_start"]!,
            [Processor] = processor,
        };
        if (message["ms_to_listening"] is { } start)
        {
            values[Share] = (double)message["ms_since_start"]! - (double)start;
        }

        if (monitor.EventSoFar("MIGRATION", "setup") is { } listening)
        {
            values[Listening] = (running.Utc - listening.Utc).TotalMilliseconds;
        }

        observer.Kill();
        return values;
    }

    private static Dictionary<Quantity, double> StartOnly(BenchmarkRun run, BenchmarkGuest guest)
    {
        using var observer = new GuestObserver(run.Workspace.NewSocketFolder());
        using ChildProcess qemu = ChildProcess.Start(
            guest.Qemu.Path, [.. guest.Arguments, .. observer.Arguments(withFreeMonitor: false), "-incoming", "defer"]);
        QmpConnection monitor = observer.Monitor(qemu);
        monitor.SendCapabilities("events", "postcopy-ram");
        TimedLine answer = monitor.Answer(monitor.Send("migrate-incoming", new JsonObject { ["uri"] = $"unix:{observer.Folder}/in" })).Line;
        return new Dictionary<Quantity, double>
        {
            [Running] = Stopwatch.GetElapsedTime(qemu.StartedAt, answer.Timestamp).TotalMilliseconds,
            [Processor] = ProcessFacts.ProcessorMilliseconds(qemu.Id),
        };
    }

    private static Dictionary<Quantity, double> Load(
        BenchmarkRun run, BenchmarkGuest guest, string uri, string[] capabilities, JsonObject? parameters)
    {
        using var observer = new GuestObserver(run.Workspace.NewSocketFolder());
        using ChildProcess qemu = ChildProcess.Start(
            guest.Qemu.Path, [.. guest.Arguments, .. observer.Arguments(withFreeMonitor: false), "-incoming", "defer"]);
        QmpConnection monitor = observer.Monitor(qemu);
        List<int> commands = [monitor.SendCapabilities(["events", .. capabilities])];
        if (parameters is not null)
        {
            commands.Add(monitor.Send("migrate-set-parameters", parameters));
        }

        commands.Add(monitor.Send("migrate-incoming", new JsonObject { ["uri"] = uri }));
        commands.ForEach(command => monitor.Answer(command));
        monitor.Event("MIGRATION", status: "completed");
        monitor.Send("cont");
        QmpEvent running = monitor.Event("RESUME");
        TimedLine tick = observer.Tick(qemu).Line;
        return new Dictionary<Quantity, double>
        {
            [Running] = (running.Utc - qemu.StartedAtUtc).TotalMilliseconds,
            [Tick] = Stopwatch.GetElapsedTime(qemu.StartedAt, tick.Timestamp).TotalMilliseconds,
            [Processor] = ProcessFacts.ProcessorMilliseconds(qemu.Id),
        };
    }

    private static void Pair(Comparison comparison)
    {
        foreach (string ours in new[] { Lazy, Clone })
        {
            comparison.Difference($"{ours}: our share", ours, Start, Running);
            comparison.Ratio($"{ours} / {Start}", ours, Start, Running);
            foreach (string peer in new[] { Exec, FileUri, MappedRam })
            {
                comparison.Ratio($"{peer} / {ours}", peer, ours, Running);
                comparison.Ratio($"{peer} / {ours}, to tick", peer, ours, Tick);
            }
        }
    }

    private static void AddTargets(BenchmarkFindings findings, QemuInstallation qemu, List<(int MiB, Comparison Comparison)> sizes)
    {
        foreach (string ours in new[] { Lazy, Clone })
        {
            List<(double X, double Y)> shares = [.. sizes
                .Select(size => (X: size.MiB / 1024.0, Y: Paired(size.Comparison, $"{ours}: our share")))
                .Where(point => point.Y is not null).Select(point => (point.X, point.Y!.Value))];
            string who = $"{qemu}, {ours}";
            findings.Targets.Add(new Target($"{who}: our share, largest of all sizes", 3, "ms", true, shares.Count > 0 ? shares.Max(share => share.Y) : null));
            findings.Targets.Add(new Target($"{who}: growth of our share", 0.1, "ms/GiB", true, Slope.Of(shares), 3));
            findings.Targets.Add(new Target($"{who}: to running, against QEMU's start", 1.1, "x", true, Worst(sizes, $"{ours} / {Start}")));
            findings.Targets.Add(new Target($"{who}: exec:cat against it at 1 GiB", 14, "x", false, At(sizes, 1024, $"{Exec} / {ours}"), 1));
            findings.Targets.Add(new Target($"{who}: exec:cat against it at 8 GiB", 25, "x", false, At(sizes, 8192, $"{Exec} / {ours}"), 1));
            if (qemu.HasMappedRam)
            {
                findings.Targets.Add(new Target(
                    $"{who}: mapped-ram with multifd against it at 1 GiB", 4, "x", false, At(sizes, 1024, $"{MappedRam} / {ours}"), 1));
            }

            List<(double X, double Y)> runs = [.. sizes.Where(size => size.Comparison.Median(ours, Running) is not null)
                .Select(size => (size.MiB / 1024.0, size.Comparison.Median(ours, Running)!.Value.Median))];
            if (Slope.Exponent(runs) is { } exponent)
            {
                findings.Notes.Add(string.Create(
                    CultureInfo.InvariantCulture, $"{who}: the time to running grows with the RAM to the power of {exponent:0.00}"));
            }
        }
    }

    private static double? Paired(Comparison comparison, string name) =>
        comparison.Paired.FirstOrDefault(figure => figure.Name == name)?.Quartiles.Median;

    private static double? At(List<(int MiB, Comparison Comparison)> sizes, int mebibytes, string name) =>
        sizes.FirstOrDefault(size => size.MiB == mebibytes).Comparison is { } comparison ? Paired(comparison, name) : null;

    private static double? Worst(List<(int MiB, Comparison Comparison)> sizes, string name) =>
        sizes.Select(size => Paired(size.Comparison, name)).Max();
}
