using System.Diagnostics;
using Savevm.Benchmarks.Measuring;
using Savevm.Hosting.DirtyTracking;
using Savevm.Hosting.Ram;
using Savevm.Machine.Ram;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>What tracking costs whoever writes, and how long it takes to hear which pages were written to; each tracker that this kernel has.</summary>
internal static class TrackingBenchmark
{
    private const string Untracked = "untracked";
    private const string PlainScan = "plain bitmap";
    private const int PageBytes = RamBlock.PageSize;
    private const double CollectTargetMilliseconds = 1;

    private static readonly Quantity First = new("first_ns", "first write", "ns");
    private static readonly Quantity Again = new("again_ns", "next write", "ns");
    private static readonly Quantity Time = new("us", "time", "us");

    // Of a whole GiB: a machine at rest, one that works, and the worst case.
    private static readonly (string Name, int Step)[] Shares = [("nothing", 0), ("1 %", 100), ("10 %", 10), ("all", 1)];

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        int rounds = run.Options.IsQuick ? 3 : 15;
        int pages = run.Options.IsQuick ? 1 << 14 : 1 << 18;
        using var ram = new GuestRam([new RamBlockLayout("ram", (long)pages * PageBytes)]);
        ram.Hosted[0].Memory.Fill(0, 1, (long)pages * PageBytes);
        var machine = new TrackedMachine(ram) { WritesByAccessorOnly = true, Pause = new NoWriters() };
        List<DirtyTrackerRow> offered = [];
        foreach (DirtyTrackerRow row in DirtyTrackerTable.Rows)
        {
            if (row.Refusal(machine) is { } refusal)
            {
                findings.Notes.Add($"{row.Name} was left out: {refusal}");
            }
            else
            {
                offered.Add(row);
            }
        }

        Write(run, findings, machine, offered, rounds);
        foreach ((string name, int step) in Shares)
        {
            Collect(run, findings, machine, offered, rounds, name, step);
        }
    }

    private static void Write(BenchmarkRun run, BenchmarkFindings findings, TrackedMachine machine, List<DirtyTrackerRow> offered, int rounds)
    {
        // A byte to each page in ascending order, by the accessor; every page for the first time, then all once more.
        var comparison = new Comparison("cost of a write to the writer", [First, Again]);
        findings.Comparisons.Add(comparison);
        comparison.Run(
            rounds,
            [
                .. offered.Select(row => new Contender(row.Name, Role.Ours, () => Tracked(row, machine, _ => TimeWrites(machine.Ram)))),
                new Contender(Untracked, Role.Limit, () => TimeWrites(machine.Ram)),
            ],
            run.Progress);
        foreach (DirtyTrackerRow row in offered)
        {
            comparison.Ratio($"{row.Name} / {Untracked}, first", row.Name, Untracked, First);
            comparison.Ratio($"{row.Name} / {Untracked}, next", row.Name, Untracked, Again);
        }
    }

    private static void Collect(
        BenchmarkRun run, BenchmarkFindings findings, TrackedMachine machine, List<DirtyTrackerRow> offered, int rounds, string name, int step)
    {
        long pages = machine.Ram.Blocks[0].PageCount;
        var comparison = new Comparison($"collecting {pages * PageBytes >> 20} MiB, {name} dirty", [Time]);
        findings.Comparisons.Add(comparison);
        comparison.Run(
            rounds,
            [
                .. offered.Select(row => new Contender(row.Name, Role.Ours, () => Tracked(row, machine, tracker => TimeCollect(machine.Ram, tracker, step)))),
                new Contender(PlainScan, Role.Limit, () => TimeScan(pages, step)),
            ],
            run.Progress);
        foreach (DirtyTrackerRow row in offered)
        {
            comparison.Ratio($"{row.Name} / {PlainScan}", row.Name, PlainScan, Time);
        }

        if (step == 100)
        {
            findings.Targets.Add(new Target(
                $"{DirtyTrackerTable.WriteProtect}: 1 GiB, 1 % dirty",
                CollectTargetMilliseconds,
                "ms",
                true,
                run.Options.IsQuick ? null : comparison.Median(DirtyTrackerTable.WriteProtect, Time)?.Median / 1000));
        }
    }

    private static Dictionary<Quantity, double> Tracked(
        DirtyTrackerRow row, TrackedMachine machine, Func<IDirtyTracker, Dictionary<Quantity, double>> measure)
    {
        using IDirtyTracker tracker = row.Open(machine);
        tracker.Start();
        return measure(tracker);
    }

    private static Dictionary<Quantity, double> TimeWrites(GuestRam ram)
    {
        double first = WriteAll(ram, 1);
        return new Dictionary<Quantity, double> { [First] = first, [Again] = WriteAll(ram, 2) };
    }

    private static double WriteAll(GuestRam ram, byte value)
    {
        GuestMemory memory = ram.Hosted[0].Memory;
        long pages = ram.Blocks[0].PageCount;
        long start = Stopwatch.GetTimestamp();
        for (long page = 0; page < pages; page++)
        {
            memory.WriteByte(page * PageBytes, value);
        }

        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / pages;
    }

    private static Dictionary<Quantity, double> TimeCollect(GuestRam ram, IDirtyTracker tracker, int step)
    {
        long pages = ram.Blocks[0].PageCount;
        var dirty = new PageBitmap(pages);
        long written = 0;
        for (long page = 0; step > 0 && page < pages; page += step, written++)
        {
            ram.Hosted[0].Memory.WriteByte(page * PageBytes, 3);
        }

        long start = Stopwatch.GetTimestamp();
        long told = tracker.Collect(0, 0, pages, dirty);
        double elapsed = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        return told >= written
            ? new Dictionary<Quantity, double> { [Time] = elapsed }
            : throw new InvalidOperationException($"{told} of {written} pages were told of");
    }

    private static Dictionary<Quantity, double> TimeScan(long pages, int step)
    {
        var dirty = new PageBitmap(pages);
        for (long page = 0; step > 0 && page < pages; page += step)
        {
            dirty.Set(page);
        }

        long start = Stopwatch.GetTimestamp();
        long found = 0;
        for (long page = dirty.NextSet(0); page < pages; page = dirty.NextSet(page + 1))
        {
            found++;
        }

        double elapsed = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        return found == dirty.CountSet()
            ? new Dictionary<Quantity, double> { [Time] = elapsed }
            : throw new InvalidOperationException("the scan missed pages");
    }

    /// <summary>Nobody writes while this benchmark collects.</summary>
    private sealed class NoWriters : IWriterPause
    {
        public void Pause()
        {
        }

        public void Resume()
        {
        }
    }
}
