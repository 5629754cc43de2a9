using System.Diagnostics;
using System.Text.Json.Nodes;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Subjects;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// A guest that walks through memory that has not arrived loses its connection: how long it is until its next tick, when the recovery is begun at
/// once. Ours: the page server is killed and <c>resume --recover</c> started; or the connection is broken and the page server makes it anew. The peer
/// is a postcopy between two QEMUs that is paused and recovered by their monitors.
/// </summary>
internal static class RecoveryBenchmark
{
    private const string Killed = "savevm killed, resume --recover";
    private const string Broken = "savevm, connection broken";
    private const string Postcopy = "QEMU to QEMU, migrate-pause, recover";
    private const string Preempt = "QEMU to QEMU with preempt";
    private const int TicksBefore = 3;
    private const int TicksAfter = 4;

    private static readonly Quantity ToTick = new("to_tick_ms", "cut to the next tick", "ms");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        findings.Notes.Add("the guest waits from its first touch of a missing page on; the tick is the one that ends its longest silence");
        foreach (QemuInstallation qemu in run.Qemus)
        {
            BenchmarkGuest guest = new(qemu, run.Options.IsQuick ? 512 : 1024, run.Options.IsQuick ? 256 : 512) { Walk = 64 };
            using var saved = new SavedGuest(run, guest);
            if (saved.SnapshotFailure is { } failure)
            {
                throw new InvalidOperationException(failure);
            }

            var comparison = new Comparison($"{guest}", [ToTick]);
            findings.Comparisons.Add(comparison);
            comparison.Run(
                run.Options.Rounds,
                [
                    new Contender(Killed, Role.Ours, () => Ours(saved, Kill)),
                    new Contender(Postcopy, Role.Peer, () => Peer(run, saved, "postcopy-ram")),
                    new Contender(Broken, Role.Ours, () => Ours(saved, Break)),
                    new Contender(Preempt, Role.Peer, () => Peer(run, saved, "postcopy-ram", "postcopy-preempt")),
                ],
                run.Progress);
            foreach (string ours in new[] { Killed, Broken })
            {
                Quartiles? ratio = comparison.Ratio($"{ours} / {Postcopy}", ours, Postcopy, ToTick);
                comparison.Ratio($"{ours} / {Preempt}", ours, Preempt, ToTick);
                findings.Targets.Add(new Target($"{qemu}, {ours}: against QEMU's own recovery", 1, "x", true, ratio?.Median));
            }
        }
    }

    private static Dictionary<Quantity, double> Ours(SavedGuest saved, Func<SavedGuest, GuestObserver, ChildProcess, ChildProcess?> cut)
    {
        saved.ForgetWorkingSet();
        using var observer = new GuestObserver(saved.Sockets);
        using ChildProcess savevm = saved.Savevm.StartResume(SavedGuest.Snapshot, "lazy", "none");
        int from = Walk(observer, savevm);
        long begun = Stopwatch.GetTimestamp();
        using ChildProcess? next = cut(saved, observer, savevm);
        Dictionary<Quantity, double> values = NextTick(observer, next ?? savevm, from, begun);
        observer.Kill();
        return values;
    }

    private static ChildProcess Kill(SavedGuest saved, GuestObserver observer, ChildProcess savevm)
    {
        savevm.Signal(Libc.SignalKill);
        return saved.Savevm.StartRecovery(SavedGuest.Snapshot);
    }

    private static ChildProcess? Break(SavedGuest saved, GuestObserver observer, ChildProcess savevm)
    {
        observer.Monitor(savevm).Execute("migrate-pause");
        return null;
    }

    private static Dictionary<Quantity, double> Peer(BenchmarkRun run, SavedGuest saved, params string[] capabilities)
    {
        using var pair = new QemuPair(run, saved);
        pair.SetCapabilities(["events", .. capabilities]);
        pair.StartPostcopy();
        QmpConnection from = pair.From, to = pair.To;
        int line = Walk(pair.Observer, pair.Destination);
        int atSource = from.Position, atDestination = to.Position;
        long begun = Stopwatch.GetTimestamp();
        from.Execute("migrate-pause");
        to.Event("MIGRATION", atDestination, "postcopy-paused");
        to.Execute("migrate-recover", new JsonObject { ["uri"] = $"unix:{pair.Observer.Folder}/again" });
        from.Event("MIGRATION", atSource, "postcopy-paused");
        from.Execute("migrate", new JsonObject { ["uri"] = $"unix:{pair.Observer.Folder}/again", ["resume"] = true });
        return NextTick(pair.Observer, pair.Destination, line, begun);
    }

    /// <summary>Lets the guest walk from the moment it runs on; the number of the line from which on its ticks count.</summary>
    private static int Walk(GuestObserver observer, ChildProcess starter)
    {
        observer.Monitor(starter).Event("RESUME");
        observer.Type(starter, 'l');
        int from = 0;
        for (int tick = 0; tick < TicksBefore; tick++)
        {
            observer.Tick(starter, from);
            from = observer.Serial(starter).Count;
        }

        return from - 1;
    }

    private static Dictionary<Quantity, double> NextTick(GuestObserver observer, ChildProcess starter, int from, long begun)
    {
        for (int tick = 0, next = from + 1; tick < TicksAfter; tick++)
        {
            observer.Tick(starter, next);
            next = observer.Serial(starter).Count;
        }

        IReadOnlyList<TimedLine> lines = observer.Serial(starter).Lines;
        int end = from + 1;
        for (int i = from + 1; i < lines.Count; i++)
        {
            if (lines[i].Timestamp - lines[i - 1].Timestamp > lines[end].Timestamp - lines[end - 1].Timestamp)
            {
                end = i;
            }
        }

        return new Dictionary<Quantity, double>
        {
            [ToTick] = Stopwatch.GetElapsedTime(begun, lines[end].Timestamp).TotalMilliseconds,
        };
    }
}
