using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Subjects;
using Savevm.Hosting.Paging;
using Savevm.Hosting.Ram;
using Savevm.Hosting.Snapshots;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Migration.Background;
using Savevm.Transport;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// What a background snapshot costs who writes: the wait of a first write to a page that nobody has copied yet, and the work that a writer gets done while
/// all of its RAM is saved. Beside it a C program that protects and serves in one process.
/// </summary>
internal static class SnapshotBenchmark
{
    private const string Ours = "savevm, a pager process";
    private const string Peer = "C, a thread";
    private const string Awake = "C, a thread that never sleeps";
    private const string Undisturbed = "undisturbed";
    private const string Saved = "while it is saved";
    private const string Copied = "while it is copied, not as of one instant";
    private const int PageBytes = RamBlock.PageSize;

    private static readonly Quantity Half = new("p50_us", "p50", "us");
    private static readonly Quantity Tail = new("p99_us", "p99", "us");
    private static readonly Quantity Arming = new("arm_ms", "arming", "ms");
    private static readonly Quantity Rate = new("work_per_s", "work per second", "1/s");
    private static readonly Quantity Stall = new("stall_ms", "longest stall", "ms");
    private static readonly Quantity Time = new("save_ms", "time to save", "ms");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        if (WriteProtection.Refusal() is { } refusal)
        {
            findings.Notes.Add($"left out: {refusal}");
            return;
        }

        long pages = run.Options.IsQuick ? 1 << 16 : 1 << 18;
        Faults(run, findings, pages);
        foreach (int mebibytes in run.Options.IsQuick ? new[] { 64 } : [64, 512])
        {
            Work(run, findings, pages, (long)mebibytes << 8, WriterHabit.Paced);
            Work(run, findings, pages, (long)mebibytes << 8, WriterHabit.AtRandom);
        }
    }

    private static void Faults(BenchmarkRun run, BenchmarkFindings findings, long pages)
    {
        long touches = pages / 16;
        var peers = new PeerPrograms(run.Workspace);
        string folder = run.Workspace.NewDataFolder("copies");
        using GuestRam ram = Written(pages);
        var comparison = new Comparison(
            string.Create(CultureInfo.InvariantCulture, $"{touches} first writes to protected pages of {pages * PageBytes >> 20} MiB, in random order"), [Half, Tail, Arming]);
        findings.Comparisons.Add(comparison);
        var contenders = new List<Contender> { new(Ours, Role.Ours, () => OurFaults(ram, touches, folder)) };
        if (peers.WriteProtect is { } program)
        {
            contenders.Add(new Contender(Peer, Role.Peer, () => PeerFaults(program, pages, touches, folder)));
            contenders.Add(new Contender(Awake, Role.Limit, () => PeerFaults(program, pages, touches, folder, "awake")));
        }
        else
        {
            findings.Notes.Add(peers.Missing!);
        }

        comparison.Run(run.Options.Rounds, contenders, run.Progress);
        Quartiles? halves = comparison.Ratio($"{Ours} / {Peer}, p50", Ours, Peer, Half);
        comparison.Ratio($"{Ours} / {Peer}, p99", Ours, Peer, Tail);
        comparison.Ratio($"{Ours} / {Awake}, p50", Ours, Awake, Half);
        findings.Targets.Add(new Target("first write to a protected page: p50", 12, "us", true, comparison.Median(Ours, Half)?.Median, 1));
        findings.Targets.Add(new Target("first write to a protected page: p99", 100, "us", true, comparison.Median(Ours, Tail)?.Median, 0));
        findings.Targets.Add(new Target("first write to a protected page: p50 against C", 1.25, "x", true, halves?.Median));
        findings.Targets.Add(new Target("arming 1 GiB", 60, "ms", true, comparison.Median(Ours, Arming)?.Median * (1 << 18) / pages, 1));
    }

    private static void Work(BenchmarkRun run, BenchmarkFindings findings, long pages, long workingSet, WriterHabit habit)
    {
        using GuestRam ram = Written(pages);
        string folder = run.Workspace.NewDataFolder("copies"), file = Path.Combine(run.Workspace.NewDataFolder("image"), "state");
        string does = habit == WriterHabit.Paced ? "writes 200 MB each second" : "writes at random as fast as it can";
        var comparison = new Comparison(
            string.Create(CultureInfo.InvariantCulture, $"one thread {does} to {workingSet * PageBytes >> 20} MiB of {pages * PageBytes >> 20} MiB"), [Rate, Stall, Time]);
        findings.Comparisons.Add(comparison);
        comparison.Run(
            run.Options.Rounds,
            [
                new Contender(Saved, Role.Ours, () => Writing(ram, workingSet, habit, () => Save(ram, folder, file))),
                new Contender(Copied, Role.Limit, () => Writing(ram, workingSet, habit, () => Copy(ram, file))),
                new Contender(Undisturbed, Role.Limit, () => Writing(ram, workingSet, habit, () => Thread.Sleep(500))),
            ],
            run.Progress);
        comparison.Ratio($"{Saved} / {Copied}, time to save", Saved, Copied, Time);
        comparison.Ratio($"{Copied} / {Undisturbed}, work", Copied, Undisturbed, Rate);
        Quartiles? ratio = comparison.Ratio($"{Saved} / {Undisturbed}, work", Saved, Undisturbed, Rate);
        if (habit == WriterHabit.Paced)
        {
            findings.Targets.Add(new Target(
                string.Create(CultureInfo.InvariantCulture, $"spare time that is left while it is saved, {workingSet * PageBytes >> 20} MiB"), 0.85, "x", false, ratio?.Median));
        }
    }

    private static GuestRam Written(long pages)
    {
        var ram = new GuestRam([new RamBlockLayout("ram", pages * PageBytes)]);
        ram.Hosted[0].Memory.Fill(0, 1, pages * PageBytes);
        return ram;
    }

    private static Dictionary<Quantity, double> OurFaults(GuestRam ram, long touches, string folder)
    {
        HostedRamBlock block = ram.Hosted[0];
        long pages = block.UsedLength / PageBytes;
        // Nobody takes the copies here.
        using var frozen = new FrozenRam(ram, new PagerOptions { CopiesFolder = folder, CopiesMemory = (int)touches * PageBytes });
        frozen.Prepare();
        long begun = Stopwatch.GetTimestamp();
        frozen.Freeze();
        double armed = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        var waits = new double[touches];
        for (long touch = 0; touch < touches; touch++)
        {
            long page = ((touch * 40503) + 7) % pages;
            long before = Stopwatch.GetTimestamp();
            block.Memory.WriteByte(page * PageBytes, 2);
            waits[touch] = Stopwatch.GetElapsedTime(before).TotalMicroseconds;
        }

        Array.Sort(waits);
        return new Dictionary<Quantity, double> { [Half] = waits[touches / 2], [Tail] = waits[touches * 99 / 100], [Arming] = armed };
    }

    private static Dictionary<Quantity, double> PeerFaults(string program, long pages, long touches, string folder, params string[] more)
    {
        string[] said = ChildProcess.Run(program, [pages.ToString(CultureInfo.InvariantCulture), touches.ToString(CultureInfo.InvariantCulture), folder, .. more]).Split(' ');
        double Value(int index, double unit) => long.Parse(said[index].Trim(), CultureInfo.InvariantCulture) / unit;
        return new Dictionary<Quantity, double> { [Arming] = Value(0, 1e6), [Half] = Value(1, 1e3), [Tail] = Value(2, 1e3) };
    }

    /// <summary>Writes while something goes on.</summary>
    private static Dictionary<Quantity, double> Writing(GuestRam ram, long workingSet, WriterHabit habit, Action meanwhile)
    {
        var writer = new RamWriter(ram, workingSet, habit);
        long begun = Stopwatch.GetTimestamp();
        double rate = writer.During(meanwhile);
        return new Dictionary<Quantity, double> { [Rate] = rate, [Stall] = writer.LongestStall, [Time] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds };
    }

    /// <summary>What any save must do at least: all bytes into the same file.</summary>
    private static unsafe void Copy(GuestRam ram, string file)
    {
        const int Piece = 1 << 18;
        File.Delete(file);
        using SafeFileHandle handle = File.OpenHandle(file, FileMode.CreateNew, FileAccess.Write);
        HostedRamBlock block = ram.Hosted[0];
        for (long offset = 0; offset < block.UsedLength; offset += Piece)
        {
            RandomAccess.Write(handle, new ReadOnlySpan<byte>((void*)(block.Address + (nint)offset), Piece), offset);
        }
    }

    internal static void Save(GuestRam ram, string folder, string file)
    {
        File.Delete(file);
        using IByteChannel channel = ChannelAddress.Parse($"file:{file}").Connect(CancellationToken.None);
        using var frozen = new FrozenRam(ram, new PagerOptions { CopiesFolder = folder });
        new BackgroundSnapshot(new FreezableMachine(new MachineOutline("none", 1), frozen, new NoDevices(), StandingMachine.Instance), channel).Run(CancellationToken.None);
    }
}
