using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Subjects;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// The peak of the resident set of a capture, and of a page server until all RAM has arrived, read from the kernel every millisecond while
/// they run: the peak that wait4 tells includes that of whoever started the program.
/// </summary>
internal static class MemoryBenchmark
{
    private const string Capture = "savevm capture";
    private const string Serve = "savevm lazy, until all RAM has arrived";
    private const int BytesPerPage = 8;

    private static readonly Quantity Peak = new("peak_mib", "peak", "MiB");
    private static readonly Quantity Anonymous = new("anonymous_mib", "of it anonymous", "MiB");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        QemuInstallation qemu = run.Qemus[^1];
        double? largestCapture = null;
        foreach (int mebibytes in run.Options.Sizes)
        {
            var guest = BenchmarkGuest.HalfFilled(qemu, mebibytes);
            if (HostMemory.IsTooSmallFor(guest))
            {
                findings.Notes.Add($"{guest}: left out, this host has not the memory for it");
                continue;
            }

            var comparison = new Comparison(guest.ToString(), [Peak, Anonymous]);
            findings.Comparisons.Add(comparison);
            using (var saved = new SavedGuest(run, guest, withStreams: false))
            {
                comparison.Run(
                    run.Options.IsQuick ? 1 : 3,
                    [
                        new Contender(Capture, Role.Ours, () => OfCapture(run, guest)),
                        new Contender(Serve, Role.Ours, () => OfServing(run, saved)),
                    ],
                    run.Progress);
            }

            largestCapture = Max(largestCapture, Highest(comparison, Capture));
            double bound = 48 + ((double)BytesPerPage * guest.Pages / (1 << 20));
            findings.Targets.Add(new Target(
                $"serving a {BenchmarkGuest.SizeText(mebibytes)} guest: peak", bound, "MiB", true, Highest(comparison, Serve), 1));
        }

        findings.Targets.Insert(0, new Target("capture: highest peak of all sizes", 32, "MiB", true, largestCapture, 1));
    }

    private static Dictionary<Quantity, double> OfCapture(BenchmarkRun run, BenchmarkGuest guest)
    {
        using var observer = new GuestObserver(run.Workspace.NewSocketFolder());
        using ChildProcess qemu = ChildProcess.Start(guest.Qemu.Path, [.. guest.Arguments, .. observer.Arguments(withFreeMonitor: true)]);
        observer.Tick(qemu);
        var savevm = new SavevmProgram(run, Path.Combine(run.Workspace.NewDataFolder("memory"), "repository"));
        using ChildProcess capture = savevm.StartCapture("state", observer.FreeMonitor, "stop", "stop");
        Dictionary<Quantity, double> values = Watch(capture, () => capture.HasExited);
        SavevmProgram.Report(capture);
        return values;
    }

    private static Dictionary<Quantity, double> OfServing(BenchmarkRun run, SavedGuest saved)
    {
        if (saved.SnapshotFailure is { } failure)
        {
            throw new InvalidOperationException(failure);
        }

        using var observer = new GuestObserver(saved.Sockets);
        using ChildProcess resume = saved.Savevm.StartResume(SavedGuest.Snapshot, "lazy", "all");
        Dictionary<Quantity, double> values = Watch(resume, () => resume.HasExited || resume.Output!.Lines.Any(IsComplete));
        SavevmProgram.Message(resume, "complete");
        observer.Monitor(resume);
        observer.Kill();
        return values;
    }

    private static Dictionary<Quantity, double> Watch(ChildProcess process, Func<bool> isOver)
    {
        long peak = 0;
        long anonymous = 0;
        for (bool last = false; ; Thread.Sleep(1))
        {
            (long peakNow, long anonymousNow) = ProcessFacts.Memory(process.Id);
            peak = Math.Max(peak, peakNow);
            anonymous = Math.Max(anonymous, anonymousNow);
            if (last || process.HasExited)
            {
                return new Dictionary<Quantity, double> { [Peak] = peak / 1024.0, [Anonymous] = anonymous / 1024.0 };
            }

            last = isOver();
        }
    }

    private static bool IsComplete(TimedLine line) => line.Text.Contains("\"message_type\":\"complete\"", StringComparison.Ordinal);

    private static double? Highest(Comparison comparison, string contender) =>
        comparison.Find(contender)?.Values(Peak) is { Count: > 0 } values ? values.Max() : null;

    private static double? Max(double? a, double? b) => a is null ? b : b is null ? a : Math.Max(a.Value, b.Value);
}
