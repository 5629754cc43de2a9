using System.Diagnostics;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Subjects;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// Looking into a saved stream that is in the page cache: every record and every field of every device, beside a program that reads the file
/// and throws it away, and beside the same records in Python.
/// </summary>
internal static class InspectBenchmark
{
    private const string Inspect = "savevm inspect FILE";
    private const string Verify = "savevm verify FILE";
    private const string Stored = "savevm inspect SNAPSHOT";
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
        findings.Targets.Add(new Target("inspect: highest peak", 16, "MiB", true, comparison.Find(Inspect)?.Values(Peak).DefaultIfEmpty().Max(), 1));
        findings.Targets.Add(new Target("verify: highest peak", 16, "MiB", true, comparison.Find(Verify)?.Values(Peak).DefaultIfEmpty().Max(), 1));
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

        process.Wait(TimeSpan.FromMinutes(5), mustSucceed: true);
        return new Dictionary<Quantity, double>
        {
            [Elapsed] = Stopwatch.GetElapsedTime(process.StartedAt, process.ExitedAt).TotalMilliseconds,
            [Peak] = peak / 1024.0,
        };
    }
}
