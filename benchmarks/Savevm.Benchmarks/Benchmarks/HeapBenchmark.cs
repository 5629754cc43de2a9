using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Savevm.Benchmarks.Measuring;
using Savevm.Heaps;
using Savevm.Heaps.Regions;
using Savevm.Hosting.Arrivals;
using Savevm.Machine.Ram;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// How long a program waits for its memory when it is started again: until it may use it, for a page that it touches meanwhile, and until all of it is there.
/// </summary>
internal static class HeapBenchmark
{
    private const string Resumed = "resumed, used at once";
    private const string Loaded = "loaded before it is used";
    private const string Read = "its file read into memory, one thread";
    private const int PageBytes = RamBlock.PageSize, Touches = 1000;

    private static readonly Quantity Usable = new("usable_ms", "usable after", "ms");
    private static readonly Quantity Half = new("p50_us", "first touch, p50", "us");
    private static readonly Quantity Tail = new("p99_us", "p99", "us");
    private static readonly Quantity There = new("there_ms", "all of it there after", "ms");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        if (RamArrival.Refusal() is { } refusal)
        {
            findings.Notes.Add($"left out: {refusal}");
            return;
        }

        string folder = run.Workspace.NewDataFolder("heaps");
        foreach (int mebibytes in run.Options.IsQuick ? new[] { 64, 256 } : [64, 1024])
        {
            string path = Path.Combine(folder, $"{mebibytes}");
            Save(path, mebibytes);
            var comparison = new Comparison(
                string.Create(CultureInfo.InvariantCulture, $"a heap of {mebibytes} MiB, in the page cache, {Touches} first touches at random"), [Usable, Half, Tail, There]);
            findings.Comparisons.Add(comparison);
            comparison.Run(
                run.Options.Rounds,
                [
                    new Contender(Resumed, Role.Ours, () => Resume(path)),
                    new Contender(Loaded, Role.Ours, () => Load(path)),
                    new Contender(Read, Role.Limit, () => ReadFile(path)),
                ],
                run.Progress);
            comparison.Ratio($"{Resumed} / {Loaded}, usable", Resumed, Loaded, Usable);
            comparison.Ratio($"{Resumed} / {Read}, all of it there", Resumed, Read, There);
            File.Delete(path);
        }
    }

    private static void Save(string path, int mebibytes)
    {
        using var heap = new NativeHeap([new HeapRegionLayout("data", (long)mebibytes << 20)]);
        for (long offset = 0; offset < heap["data"].Length; offset += 1 << 20)
        {
            heap["data"].Slice(offset, 1 << 20).Fill(1);
        }

        heap.SaveAsync(path, new HeapSnapshotOptions { Flush = false }).GetAwaiter().GetResult();
    }

    private static Dictionary<Quantity, double> Resume(string path)
    {
        long begun = Stopwatch.GetTimestamp();
        using NativeHeap heap = NativeHeap.Resume(path);
        double usable = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        double[] waits = Touch(heap["data"]);
        heap.Arrival.Wait();
        return new Dictionary<Quantity, double>
        {
            [Usable] = usable,
            [Half] = waits[Touches / 2],
            [Tail] = waits[Touches * 99 / 100],
            [There] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds,
        };
    }

    private static Dictionary<Quantity, double> Load(string path)
    {
        long begun = Stopwatch.GetTimestamp();
        using NativeHeap heap = NativeHeap.Load(path);
        double usable = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        double[] waits = Touch(heap["data"]);
        return new Dictionary<Quantity, double> { [Usable] = usable, [Half] = waits[Touches / 2], [Tail] = waits[Touches * 99 / 100], [There] = usable };
    }

    /// <summary>What it takes at least to have all of it: memory that is new to the process, filled by the kernel.</summary>
    private static Dictionary<Quantity, double> ReadFile(string path)
    {
        const int Piece = 1 << 20;
        long begun = Stopwatch.GetTimestamp();
        using SafeFileHandle file = File.OpenHandle(path);
        using var heap = new NativeHeap([new HeapRegionLayout("data", RandomAccess.GetLength(file) / Piece * Piece)]);
        for (long offset = 0; offset < heap["data"].Length; offset += Piece)
        {
            _ = RandomAccess.Read(file, heap["data"].Slice(offset, Piece), offset);
        }

        double there = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        return new Dictionary<Quantity, double> { [Usable] = there, [There] = there };
    }

    private static double[] Touch(HeapRegion region)
    {
        var random = new Random(1);
        var waits = new double[Touches];
        for (int touch = 0; touch < Touches; touch++)
        {
            long page = random.NextInt64(region.Length / PageBytes);
            long before = Stopwatch.GetTimestamp();
            Volatile.Read(ref region.Slice(page * PageBytes, 1)[0]);
            waits[touch] = Stopwatch.GetElapsedTime(before).TotalMicroseconds;
        }

        Array.Sort(waits);
        return waits;
    }
}
