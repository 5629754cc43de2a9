using System.Diagnostics;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Subjects;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// Looking into a saved stream that is in the page cache: every record and every field of every device, beside a program that reads the file
/// and throws it away, and beside the same records in Python. Comparing and importing it are there for their peaks of memory.
/// </summary>
internal static class InspectBenchmark
{
    private const string Inspect = "savevm inspect FILE";
    private const string Verify = "savevm verify FILE";
    private const string Stored = "savevm inspect SNAPSHOT";
    private const string Diff = "savevm diff FILE SNAPSHOT --pages";
    private const string Import = "savevm import NAME FILE";
    private const string Cat = "cat FILE > /dev/null";
    private const string Python = "Python, records only";
    private const string Start = "savevm --version";

    private static readonly Quantity Elapsed = new("wall_ms", "start to end", "ms");
    private static readonly Quantity Peak = new("peak_mib", "peak", "MiB");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        var guest = BenchmarkGuest.HalfFilled(run.Qemus[^1], run.Options.IsQuick ? 256 : 1024);
        using var saved = new SavedGuest(run, guest);
        string repository = Path.Combine(Path.GetDirectoryName(saved.Stream)!, "repository");
        string reader = RepositoryRoot.Combine("benchmarks", "peers", "read-stream.py");
        List<Contender> contenders =
        [
            new(Inspect, Role.Ours, () => Launch(run.Options.Savevm, "inspect", saved.Stream)),
            new(Verify, Role.Ours, () => Launch(run.Options.Savevm, "verify", saved.Stream)),
            new(Stored, Role.Ours, () => Launch(run.Options.Savevm, "inspect", SavedGuest.Snapshot, "--repository", repository)),
            new(Diff, Role.Ours, () => Launch(run.Options.Savevm, "diff", saved.Stream, SavedGuest.Snapshot, "--pages", "--repository", repository)),
            new(Import, Role.Ours, () => Launch(
                run.Options.Savevm, "import", "imported", saved.Stream, "--quiet", "--repository", Path.Combine(run.Workspace.NewDataFolder("import"), "r"))),
            new(Start, Role.Limit, () => Launch(run.Options.Savevm, "--version")),
            new(Cat, Role.Limit, () => Launch("/bin/cat", saved.Stream)),
        ];
        if (File.Exists("/usr/bin/python3"))
        {
            contenders.Add(new Contender(Python, Role.Peer, () => Launch("/usr/bin/python3", reader, saved.Stream)));
        }
        else
        {
            findings.Notes.Add("there is no /usr/bin/python3: no reader in Python");
        }

        var comparison = new Comparison($"{guest}, stopped, {new FileInfo(saved.Stream).Length >> 20} MiB of stream", [Elapsed, Peak]);
        findings.Comparisons.Add(comparison);
        comparison.Run(run.Options.Rounds, contenders, run.Progress);
        Quartiles? inspect = comparison.RatioBeyond($"({Inspect} - {Start}) / {Cat}", Inspect, Start, Cat, Elapsed);
        comparison.RatioBeyond($"({Verify} - {Start}) / {Cat}", Verify, Start, Cat, Elapsed);
        comparison.Ratio($"{Python} / {Inspect}", Python, Inspect, Elapsed);
        findings.Targets.Add(new Target("inspect besides the program's start, of the time in which the file is read and thrown away", 1.1, "x", true, inspect?.Median));
        foreach ((string contender, double limit) in new[] { (Inspect, 16.0), (Verify, 16), (Diff, 150), (Import, 32) })
        {
            findings.Targets.Add(new Target(
                $"{contender}: highest peak", limit, "MiB", true, comparison.Find(contender)?.Values(Peak) is { Count: > 0 } peaks ? peaks.Max() : null, 1));
        }

        findings.Targets.Add(new Target("inspect of a stored snapshot", 10, "ms", true, comparison.Find(Stored)?.Values(Elapsed).Order().ElementAtOrDefault(run.Options.Rounds / 2)));
    }

    private static Dictionary<Quantity, double> Launch(string path, params string[] arguments)
    {
        using ChildProcess process = ChildProcess.Start(path, arguments, silent: true);
        long peak = 0;
        while (!process.HasExited)
        {
            peak = Math.Max(peak, ProcessFacts.Memory(process.Id).Peak);
            Thread.Sleep(1);
        }

        process.Wait(TimeSpan.FromMinutes(5));
        // What diff compares was saved one after the other: that it differs is its answer.
        if (process.ExitCode > (arguments[0] == "diff" ? 1 : 0))
        {
            throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}: {process.LastWords()}");
        }

        return new Dictionary<Quantity, double>
        {
            [Elapsed] = Stopwatch.GetElapsedTime(process.StartedAt, process.ExitedAt).TotalMilliseconds,
            [Peak] = peak / 1024.0,
        };
    }
}
