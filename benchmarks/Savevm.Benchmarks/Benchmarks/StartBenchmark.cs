using System.Diagnostics;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>How long the executable and the launcher take for <c>--version</c>, beside a program and a shell that do nothing.</summary>
internal static class StartBenchmark
{
    private const int Launches = 30;
    private const int QuickLaunches = 10;
    private const string Executable = "savevm --version";
    private const string Launcher = "./savevm --version";
    private const string True = "/bin/true";
    private const string Shell = "sh -c :";

    private static readonly Quantity Elapsed = new("wall_ms", "start to end", "ms");
    private static readonly Quantity Processor = new("cpu_ms", "cpu", "ms");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        var comparison = new Comparison("launches", [Elapsed, Processor]);
        findings.Comparisons.Add(comparison);
        comparison.Run(
            run.Options.IsQuick ? QuickLaunches : Launches,
            [
                new Contender(Executable, Role.Ours, () => Launch(run.Options.Savevm, "--version")),
                new Contender(True, Role.Limit, () => Launch(True)),
                new Contender(Launcher, Role.Ours, () => Launch(RepositoryRoot.Combine("savevm"), "--version")),
                new Contender(Shell, Role.Limit, () => Launch("/bin/sh", "-c", ":")),
            ],
            text =>
            {
                if (text.EndsWith("warming up", StringComparison.Ordinal))
                {
                    run.Progress(text);
                }
            });
        Quartiles? executable = comparison.Difference($"{Executable} - {True}", Executable, True, Elapsed);
        Quartiles? launcher = comparison.Difference($"{Launcher} - {Shell}", Launcher, Shell, Elapsed);
        findings.Targets.Add(new Target("the launcher beyond the shell's start", 5, "ms", true, launcher?.Median));
        findings.Targets.Add(new Target("the executable beyond a program that does nothing", 5, "ms", true, executable?.Median));
    }

    private static Dictionary<Quantity, double> Launch(string path, params string[] arguments)
    {
        using ChildProcess process = ChildProcess.Start(path, arguments, silent: true);
        process.Wait(TimeSpan.FromMinutes(5), mustSucceed: true);
        return new Dictionary<Quantity, double>
        {
            [Elapsed] = Stopwatch.GetElapsedTime(process.StartedAt, process.ExitedAt).TotalMilliseconds,
            [Processor] = process.Usage.ProcessorMilliseconds,
        };
    }
}
