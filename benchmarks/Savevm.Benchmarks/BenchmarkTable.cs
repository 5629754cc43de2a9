using Savevm.Benchmarks.Benchmarks;
using Savevm.Benchmarks.Measuring;

namespace Savevm.Benchmarks;

/// <summary>All benchmarks, in the order in which they run.</summary>
internal static class BenchmarkTable
{
    public static IReadOnlyList<(string Name, string Title, Action<BenchmarkRun, BenchmarkFindings> Run)> Rows { get; } =
    [
        ("start", "start-up of the command line (metric 14)", StartBenchmark.Run),
        ("resume", "from the start of savevm to the guest that runs (metric 1)", ResumeBenchmark.Run),
        ("capture", "a stopped QEMU into a snapshot (metric 4)", CaptureBenchmark.Run),
        ("pause", "how long a source stands still while it is captured", PauseBenchmark.Run),
        ("requests", "the guest's first touch of a page that is not there yet (metric 2)", RequestsBenchmark.Run),
        ("recovery", "a guest without its page server: from the cut to its next tick", RecoveryBenchmark.Run),
        ("working-set", "what a second resume gains by the first one (metric 3)", WorkingSetBenchmark.Run),
        ("clones", "the 20th clone of a snapshot against the first", CloneBenchmark.Run),
        ("pages", "zero scan and XBZRLE (metrics 8 and 9)", PagesBenchmark.Run),
        ("vmstate", "a device of 200 fields, beside code written by hand", VMStateBenchmark.Run),
        ("tracking", "what tracking of writes costs the writer and the collector", TrackingBenchmark.Run),
        ("live", "a machine in .NET that goes to another place while it writes (metric 7)", LiveBenchmark.Run),
        ("relay", "a migration through the relay (metric 14)", RelayBenchmark.Run),
        ("snapshot", "RAM of this process saved as of one instant while it is written to (metric 6)", SnapshotBenchmark.Run),
        ("heap", "memory of a program that is started again", HeapBenchmark.Run),
        ("background", "a guest that writes while it is saved (metric 6)", BackgroundBenchmark.Run),
        ("postcopy", "missing pages of a machine in .NET", PostcopyBenchmark.Run),
        ("inspect", "every record and field of a saved stream (metric 10)", InspectBenchmark.Run),
        ("export", "a snapshot as a mapped-ram file, beside QEMU's own (metric 5)", ExportBenchmark.Run),
        ("memory", "peak memory of capture and of the page server (metric 13)", MemoryBenchmark.Run),
    ];

    public static bool Has(string name) => Rows.Any(row => row.Name == name);
}
