using System.Diagnostics;
using System.Text.Json.Nodes;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Subjects;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// What a second resume gains by what the first one learned. The task is one verification of the guest's whole region, begun as soon as the
/// guest runs and timed from the tick before it to its own line; the guest that has everything from the start is the limit.
/// </summary>
internal static class WorkingSetBenchmark
{
    private const string First = "savevm lazy, first resume, requests alone";
    private const string Second = "savevm lazy, second resume, requests alone";
    private const string Behind = "savevm lazy, second resume, background on";
    private const string Full = "savevm full";
    private const double MostAsked = 0.03;
    private const double MostTime = 1.05;

    private static readonly Quantity Requests = new("requests", "page requests", "pages");
    private static readonly Quantity Before = new("pages_before_run", "sent before", "pages");
    private static readonly Quantity Running = new("running_ms", "to running", "ms");
    private static readonly Quantity Task = new("task_ms", "task", "ms");
    private static readonly Quantity Together = new("together_ms", "start to its end", "ms");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        findings.Notes.Add("the task verifies every word of the written part of the guest; each round begins without a working set");
        foreach (QemuInstallation qemu in run.Qemus)
        {
            BenchmarkGuest guest = (run.Options.IsQuick ? new BenchmarkGuest(qemu, 256, 64) : new BenchmarkGuest(qemu, 1024, 256)) with { Step = 1, Zero = 20 };
            using var saved = new SavedGuest(run, guest, withStreams: false);
            var comparison = new Comparison(guest.ToString(), [Requests, Before, Running, Task, Together]);
            findings.Comparisons.Add(comparison);
            comparison.Run(
                run.Options.Rounds,
                [
                    new Contender(First, Role.Ours, () =>
                    {
                        saved.ForgetWorkingSet();
                        return Resume(saved, "lazy", "none");
                    }),
                    new Contender(Second, Role.Ours, () => Resume(saved, "lazy", "working-set")),
                    new Contender(Behind, Role.Ours, () => Resume(saved, "lazy", "all")),
                    new Contender(Full, Role.Limit, () => Resume(saved, "full", "all")),
                ],
                run.Progress);
            AddTargets(findings, qemu, comparison);
        }
    }

    private static void AddTargets(BenchmarkFindings findings, QemuInstallation qemu, Comparison comparison)
    {
        foreach (string ours in new[] { Second, Behind })
        {
            Quartiles? asked = comparison.Ratio($"{ours}: page requests against the first", ours, First, Requests);
            Quartiles? time = comparison.Ratio($"{ours}: task against the fully loaded guest", ours, Full, Task);
            findings.Targets.Add(new Target($"{qemu}, {ours}: page requests left of those of the first", MostAsked, "x", true, asked?.Median, 4));
            findings.Targets.Add(new Target($"{qemu}, {ours}: task against the fully loaded guest", MostTime, "x", true, time?.Median));
        }

        comparison.Ratio("first resume: task against the fully loaded guest", First, Full, Task);
        comparison.Ratio("first resume: start to the end of the task against the second", First, Second, Together);
    }

    private static Dictionary<Quantity, double> Resume(SavedGuest saved, string mode, string prefetch)
    {
        if (saved.SnapshotFailure is { } failure)
        {
            throw new InvalidOperationException(failure);
        }

        using var observer = new GuestObserver(saved.Sockets);
        using ChildProcess savevm = saved.Savevm.StartResume(SavedGuest.Snapshot, mode, prefetch, "fetch");
        QmpEvent running = observer.Monitor(savevm).Event("RESUME");
        observer.Type(savevm, 'v');
        (TimedLine begin, TimedLine end) = AwaitTask(observer, savevm);

        // The count of requests comes with the end of the resume; nothing is asked for any more.
        savevm.Signal(Libc.SignalInterrupt);
        JsonNode message = SavevmProgram.Message(savevm, "complete").Message;
        savevm.Wait(QmpConnection.Patience, mustSucceed: true);
        observer.Kill();
        return new Dictionary<Quantity, double>
        {
            [Requests] = (double)message["page_requests"]!,
            [Before] = (double)message["pages_before_run"]!,
            [Running] = (running.Utc - savevm.StartedAtUtc).TotalMilliseconds,
            [Task] = Stopwatch.GetElapsedTime(begin.Timestamp, end.Timestamp).TotalMilliseconds,
            [Together] = Stopwatch.GetElapsedTime(savevm.StartedAt, end.Timestamp).TotalMilliseconds,
        };
    }

    /// <summary>The line of the tick before the task, after which the guest obeys, and that of its end.</summary>
    private static (TimedLine Begin, TimedLine End) AwaitTask(GuestObserver observer, ChildProcess savevm)
    {
        TimedLine? tick = null;
        TimedLine end = observer.Serial(savevm).Find(
            0,
            line =>
            {
                if (line.Text.Contains("CORRUPT", StringComparison.Ordinal) || line.Text.StartsWith("VERIFY bad", StringComparison.Ordinal))
                {
                    throw new InvalidOperationException($"the guest is broken: {line.Text}");
                }

                if (line.Text.StartsWith("VERIFY ok", StringComparison.Ordinal))
                {
                    return line;
                }

                tick = line;
                return null;
            },
            QmpConnection.Patience) ?? throw new IOException($"the guest's QEMU is gone: {savevm.LastWords()}");
        return (tick ?? throw new InvalidOperationException("the guest did not tick before its task"), end);
    }
}
