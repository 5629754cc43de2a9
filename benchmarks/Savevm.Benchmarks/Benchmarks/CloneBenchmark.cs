using System.Diagnostics;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Subjects;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// The twentieth clone of a snapshot against the first: the time to its next tick, and the memory that it adds to that of all (PSS: what several
/// processes map is divided among them). The peer loads the state completely; the limit is a QEMU that starts and does nothing but listen,
/// beside as many.
/// </summary>
internal static class CloneBenchmark
{
    private const int Many = 20;
    private const int SettleTicks = 20;
    private const string First = "the first clone";
    private const string Twentieth = "the 20th clone";
    private const string Together = "20 clones by one command: the last of them, the mean share";
    private const string FirstStart = "QEMU's own start to listening, alone";
    private const string LaterStart = "QEMU's own start to listening, beside 19";
    private const string Exec = "QEMU exec:cat FILE, alone";

    private static readonly Quantity Tick = new("tick_ms", "to tick", "ms");
    private static readonly Quantity Said = new("said_ms", "savevm says", "ms");
    private static readonly Quantity Added = new("added_mib", "memory added", "MiB");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        findings.Notes.Add("memory added is the difference of the proportional shares (PSS) of all guests, 20 ticks after the new one's first");
        foreach (QemuInstallation qemu in run.Qemus)
        {
            var guest = BenchmarkGuest.HalfFilled(qemu, run.Options.IsQuick ? 256 : 512);
            using var saved = new SavedGuest(run, guest);
            if (saved.SnapshotFailure is { } failure)
            {
                throw new InvalidOperationException(failure);
            }

            var comparison = new Comparison(guest.ToString(), [Tick, Said, Added]);
            findings.Comparisons.Add(comparison);
            comparison.Run(
                run.Options.Rounds,
                [
                    new Contender(First, Role.Ours, () => OneMore(run, saved, 0)),
                    new Contender(FirstStart, Role.Limit, () => StartBeside(run, saved, 0)),
                    new Contender(Twentieth, Role.Ours, () => OneMore(run, saved, Many - 1)),
                    new Contender(LaterStart, Role.Limit, () => StartBeside(run, saved, Many - 1)),
                    new Contender(Together, Role.Ours, () => AllTogether(run, saved)),
                    new Contender(Exec, Role.Peer, () => Load(run, saved)),
                ],
                run.Progress);
            AddTargets(findings, qemu, comparison);
        }
    }

    private static Dictionary<Quantity, double> OneMore(BenchmarkRun run, SavedGuest saved, int others)
    {
        using var crowd = new CloneCrowd(run, saved, others);
        double before = crowd.ShareMiB();
        using var observer = new GuestObserver(run.Workspace.NewSocketFolder());
        using ChildProcess savevm = saved.Savevm.StartResume(SavedGuest.Snapshot, "clone", "all", more: CloneCrowd.SettingsFor(observer.Folder));
        observer.Monitor(savevm);
        TimedLine tick = observer.Tick(savevm).Line;
        double said = (double)SavevmProgram.Message(savevm, "running").Message["ms_since_start"]!;
        observer.Tick(savevm, SettleTicks);
        double added = crowd.ShareMiB() + ProcessFacts.ShareMiB(observer.ProcessId) - before;
        return new() { [Tick] = Milliseconds(savevm, tick), [Said] = said, [Added] = added };
    }

    private static Dictionary<Quantity, double> AllTogether(BenchmarkRun run, SavedGuest saved)
    {
        using var crowd = new CloneCrowd(run, saved, Many);
        return new() { [Tick] = crowd.ToLastTickMilliseconds, [Added] = crowd.ShareMiB() / Many };
    }

    private static Dictionary<Quantity, double> StartBeside(BenchmarkRun run, SavedGuest saved, int others)
    {
        using var crowd = new CloneCrowd(run, saved, others);
        double before = crowd.ShareMiB();
        using var observer = new GuestObserver(run.Workspace.NewSocketFolder());
        using ChildProcess qemu = Start(saved, observer);
        QmpConnection monitor = observer.Monitor(qemu);
        TimedLine answer = monitor.Answer(monitor.Send("migrate-incoming", new() { ["uri"] = $"unix:{observer.Folder}/in" })).Line;
        return new() { [Tick] = Milliseconds(qemu, answer), [Added] = crowd.ShareMiB() + ProcessFacts.ShareMiB(qemu.Id) - before };
    }

    private static Dictionary<Quantity, double> Load(BenchmarkRun run, SavedGuest saved)
    {
        using var observer = new GuestObserver(run.Workspace.NewSocketFolder());
        using ChildProcess qemu = Start(saved, observer);
        QmpConnection monitor = observer.Monitor(qemu);
        monitor.Answer(monitor.SendCapabilities("events"));
        monitor.Answer(monitor.Send("migrate-incoming", new() { ["uri"] = $"exec:cat {saved.Stream}" }));
        monitor.Event("MIGRATION", status: "completed");
        monitor.Send("cont");
        TimedLine tick = observer.Tick(qemu).Line;
        observer.Tick(qemu, SettleTicks);
        return new() { [Tick] = Milliseconds(qemu, tick), [Added] = ProcessFacts.ShareMiB(qemu.Id) };
    }

    private static ChildProcess Start(SavedGuest saved, GuestObserver observer) => ChildProcess.Start(
        saved.Guest.Qemu.Path, [.. saved.Guest.Arguments, .. observer.Arguments(withFreeMonitor: false), "-incoming", "defer"]);

    private static double Milliseconds(ChildProcess process, TimedLine line) => Stopwatch.GetElapsedTime(process.StartedAt, line.Timestamp).TotalMilliseconds;

    private static void AddTargets(BenchmarkFindings findings, QemuInstallation qemu, Comparison comparison)
    {
        Quartiles? time = comparison.Ratio($"{Twentieth} / {First}, to tick", Twentieth, First, Tick);
        Quartiles? memory = comparison.Ratio($"{Twentieth} / {First}, memory added", Twentieth, First, Added);
        comparison.Ratio($"{LaterStart} / alone", LaterStart, FirstStart, Tick);
        comparison.Ratio($"{Exec} / {Twentieth}, to tick", Exec, Twentieth, Tick);
        comparison.Ratio($"{Exec} / {Twentieth}, memory added", Exec, Twentieth, Added);
        findings.Targets.Add(new Target($"{qemu}: {Twentieth} against the first, time to its next tick", 1.5, "x", true, time?.Median));
        findings.Targets.Add(new Target($"{qemu}: {Twentieth} against the first, memory added", 1, "x", true, memory?.Median));
    }
}
