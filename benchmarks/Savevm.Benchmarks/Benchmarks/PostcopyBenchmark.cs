using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Subjects;
using Savevm.Hosting.Faults;
using Savevm.Hosting.Ram;
using Savevm.Machine.Ram;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// Missing pages of a machine in .NET: how many faults its handler serves in a second, beside a handler in C, and how long whoever touches a page waits
/// until it came from a source. The touching thread runs the same native code everywhere.
/// </summary>
internal static class PostcopyBenchmark
{
    private const string Ours = "savevm";
    private const string InC = "C";
    private const string OneChannel = "one channel";
    private const string Preempt = "preempt";
    private const string Collecting = "preempt, collections all the while";

    private static readonly Quantity Rate = new("faults_s", "rate", "faults/s");
    private static readonly Quantity Half = new("p50_us", "half within", "us");
    private static readonly Quantity NearlyAll = new("p99_us", "99 % within", "us");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        if (MissingPages.Refusal() is { } refusal)
        {
            findings.Notes.Add($"left out: {refusal}");
            return;
        }

        var peers = new PeerPrograms(run.Workspace);
        if (peers.PageFaults is not { } library)
        {
            findings.Notes.Add(peers.Missing!);
            return;
        }

        var routines = new FaultRoutines(library);
        Serve(run, findings, routines);
        Fetch(run, findings, routines);
    }

    private static void Serve(BenchmarkRun run, BenchmarkFindings findings, FaultRoutines routines)
    {
        int pages = run.Options.IsQuick ? 8192 : 32768;
        long[] order = Shuffled(pages, pages);
        var comparison = new Comparison($"{pages} faults of one thread, served by another with a page at hand", [Rate, Half, NearlyAll]);
        findings.Comparisons.Add(comparison);
        comparison.Run(
            run.Options.IsQuick ? 5 : run.Options.Rounds,
            [
                new Contender(Ours, Role.Ours, () => Report(pages, waits => ServeHere(routines, order, waits))),
                new Contender(InC, Role.Peer, () => Report(pages, waits => routines.Serve(order, waits))),
            ],
            run.Progress);
        Quartiles? ratio = comparison.Ratio($"{Ours} / {InC}", Ours, InC, Rate);
        findings.Targets.Add(new Target("faults served, of what a handler in C serves", 0.8, "x", false, ratio?.Median));
    }

    /// <summary>The machine's own handler, which hands each fault to who has the page at once.</summary>
    private static TimeSpan ServeHere(FaultRoutines routines, long[] order, long[] waits)
    {
        using var ram = new GuestRam([new RamBlockLayout("ram", (long)order.Length * RamBlock.PageSize)]);
        using var faults = new MissingPages(ram);
        using var page = new NativePage(7);
        IRamSink sink = ram.OpenSink();
        sink.DeclareBlocks(ram.Blocks);
        sink.Discard(0, 0, order.Length);
        using IPageWriter writer = sink.OpenWriter();
        faults.Begin(ram.Blocks);
        using var end = new CancellationTokenSource();
        var handler = new Thread(() =>
        {
            while (faults.WaitForFault(end.Token, out PageAddress address))
            {
                writer.WritePage(address.BlockIndex, address.PageIndex, page.Bytes);
            }
        });
        handler.Start();
        TimeSpan elapsed = routines.Touch(ram.Hosted[0].Address, order, waits);
        end.Cancel();
        handler.Join();
        return faults.Faults == order.Length ? elapsed : throw new InvalidOperationException($"{faults.Faults} faults of {order.Length}");
    }

    private static void Fetch(BenchmarkRun run, BenchmarkFindings findings, FaultRoutines routines)
    {
        int mebibytes = run.Options.IsQuick ? 64 : 256;
        long[] order = Shuffled(mebibytes * 256, run.Options.IsQuick ? 3000 : 10_000);
        using var source = new PacedMachine(mebibytes);
        Contender Of(string name, bool preempt, bool collects) => new(name, Role.Ours, () => Report(
            order.Length, waits => PostcopyPair.Run(source, preempt, collects, destination => routines.Touch(destination, order, waits))));
        var comparison = new Comparison(
            $"first touches of pages that a source holds, {BenchmarkGuest.SizeText(mebibytes)}, {PostcopyPair.BackgroundMebibytes} MiB/s beside them", [Rate, Half, NearlyAll]);
        findings.Comparisons.Add(comparison);
        comparison.Run(
            run.Options.IsQuick ? 3 : run.Options.Rounds,
            [
                Of(OneChannel, preempt: false, collects: false),
                Of(Preempt, preempt: true, collects: false),
                Of(Collecting, preempt: true, collects: true),
            ],
            run.Progress);
        _ = comparison.Ratio($"{Preempt} / {OneChannel}, 99 %", Preempt, OneChannel, NearlyAll);
        _ = comparison.Ratio($"{Collecting} / {Preempt}, 99 %", Collecting, Preempt, NearlyAll);
    }

    private static Dictionary<Quantity, double> Report(int count, Func<long[], TimeSpan> measure)
    {
        long[] waits = new long[count];
        TimeSpan elapsed = measure(waits);
        Array.Sort(waits);
        return new Dictionary<Quantity, double>
        {
            [Rate] = count / elapsed.TotalSeconds,
            [Half] = waits[count / 2] / 1e3,
            [NearlyAll] = waits[count * 99L / 100] / 1e3,
        };
    }

    private static long[] Shuffled(int pages, int count)
    {
        long[] order = [.. Enumerable.Range(0, pages).Select(page => (long)page)];
        new Random(3).Shuffle(order);
        return order[..count];
    }
}
