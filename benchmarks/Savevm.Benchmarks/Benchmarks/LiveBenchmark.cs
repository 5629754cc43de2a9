using System.Diagnostics;
using System.Runtime.InteropServices;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Subjects;
using Savevm.Hosting.Ram;
using Savevm.Machine;
using Savevm.Migration.Incoming;
using Savevm.Migration.Live;
using Savevm.Transport;
using Savevm.Transport.Channels;
using Savevm.Wire.Multifd;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// Live migration of a machine in .NET to another in the same process over a unix socket: all of its RAM once, and how long it stands still at
/// several rates of writing. Beside it the bare socket, and two QEMUs with the same RAM.
/// </summary>
internal static unsafe class LiveBenchmark
{
    // A machine that writes nearly as fast as it is sent may never come under the limit; then its stop is as long as it is.
    private const int MostRounds = 40;

    private const string Ours = "savevm";
    private const string OursInPackets = "savevm, 2 multifd channels";
    private const string Socket = "bare socket";
    private const int ChunkBytes = 1 << 20;

    private static readonly Quantity Rate = new("mb_s", "rate", "MB/s");
    private static readonly Quantity Stop = new("ms", "stands still", "ms");
    private static readonly Quantity Rounds = new("rounds", "rounds", "");
    private static readonly Quantity Allocated = new("allocated", "allocated", "KB");

    // Of what a 1 GiB machine writes while it is sent, in MB/s.
    private static readonly int[] DirtyRates = [0, 50, 200];

    // Of what the link takes, in percent.
    private static readonly int[] DirtyShares = [10, 30, 60];
    private static readonly TimeSpan DowntimeLimit = TimeSpan.FromMilliseconds(100);

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        int mebibytes = run.Options.IsQuick ? 128 : 1024;
        double link = Throughput(run, findings, mebibytes);
        foreach (int rate in DirtyRates)
        {
            double? limit = rate switch { 0 => 3, 200 => 20, _ => null };
            Downtime(run, findings, mebibytes, rate, $"{rate} MB/s written meanwhile", limit, new LiveOptions());
        }

        foreach (int share in DirtyShares)
        {
            var options = new LiveOptions { Convergence = new ConvergenceOptions { DowntimeLimit = DowntimeLimit, StopAfterRounds = MostRounds } };
            string what = $"{share} % of the link's rate written meanwhile";
            Downtime(run, findings, mebibytes, (int)(link * share / 100), what, DowntimeLimit.TotalMilliseconds, options);
        }

        Allocations(run, findings);
    }

    private static double Throughput(BenchmarkRun run, BenchmarkFindings findings, int mebibytes)
    {
        using var source = new PacedMachine(mebibytes);
        using var destination = new GuestRam([new RamBlockLayout("ram", (long)mebibytes << 20)]);
        string image = run.Workspace.NewDataFile("ram");
        using (FileStream file = File.Create(image))
        {
            file.Write(source.Content());
        }

        var comparison = new Comparison($"{BenchmarkGuest.SizeText(mebibytes)} of RAM without zeros, precopy", [Rate]);
        findings.Comparisons.Add(comparison);
        List<Contender> contenders =
        [
            new(Ours, Role.Ours, () => Megabytes(mebibytes, () => Migrate(source, destination, new LiveOptions()))),
            new(OursInPackets, Role.Ours, () => Megabytes(mebibytes, () => Migrate(source, destination, new LiveOptions(), multifd: 2))),
            new(Socket, Role.Limit, () => Megabytes(mebibytes, () => CopyBySocket(source.Ram.Hosted[0].Address, (long)mebibytes << 20))),
        ];
        foreach (QemuInstallation qemu in QemuInstallation.Find())
        {
            contenders.Add(new($"{qemu} to itself", Role.Peer, () =>
            {
                using var pair = new NonePair(run, qemu, mebibytes, image);
                return new Dictionary<Quantity, double> { [Rate] = ((double)mebibytes * (1 << 20)) / pair.Migrate().TotalSeconds / 1e6 };
            }));
        }

        comparison.Run(run.Options.IsQuick ? 3 : run.Options.Rounds, contenders, run.Progress);
        Quartiles? ofSocket = comparison.Ratio($"{Ours} / {Socket}", Ours, Socket, Rate);
        findings.Targets.Add(new Target("precopy: of the bare socket's rate", 0.7, "x", false, ofSocket?.Median));
        _ = comparison.Ratio($"{OursInPackets} / {Ours}", OursInPackets, Ours, Rate);
        foreach (QemuInstallation qemu in QemuInstallation.Find())
        {
            Quartiles? ofQemu = comparison.Ratio($"{Ours} / {qemu} to itself", Ours, $"{qemu} to itself", Rate);
            findings.Targets.Add(new Target($"precopy: of the rate of {qemu}", 1, "x", false, ofQemu?.Median));
        }

        return comparison.Median(Ours, Rate)?.Median ?? 0;
    }

    private static void Downtime(BenchmarkRun run, BenchmarkFindings findings, int mebibytes, int rate, string what, double? limit, LiveOptions options)
    {
        using var source = new PacedMachine(mebibytes);
        using var destination = new GuestRam([new RamBlockLayout("ram", (long)mebibytes << 20)]);
        source.Write(rate);
        var comparison = new Comparison($"{BenchmarkGuest.SizeText(mebibytes)}, {what}", [Stop, Rounds]);
        findings.Comparisons.Add(comparison);
        comparison.Run(
            run.Options.IsQuick ? 3 : run.Options.Rounds,
            [
                new Contender(Ours, Role.Ours, () =>
                {
                    source.Start();
                    LiveMigration migration = Migrate(source, destination, options);
                    return new Dictionary<Quantity, double>
                    {
                        [Stop] = migration.Statistics.Downtime.TotalMilliseconds,
                        [Rounds] = migration.Statistics.DirtySyncCount,
                    };
                }),
            ],
            run.Progress);
        if (limit is { } most)
        {
            findings.Targets.Add(new Target($"downtime, {what} (metric 7)", most, "ms", true, comparison.Median(Ours, Stop)?.Median, 1));
        }
    }

    /// <summary>What both ends allocate together: for a machine of 256 MiB and one of 1 GiB. Bitmaps have a bit for each page; nothing else may grow.</summary>
    private static void Allocations(BenchmarkRun run, BenchmarkFindings findings)
    {
        const int Small = 256, Large = 1024, PagesPerMebibyte = 256;
        (string Name, int Multifd, LiveOptions Options)[] forms =
        [
            ("plain records", 0, new LiveOptions()),
            ("2 multifd channels", 2, new LiveOptions()),
            ("2 multifd channels, zstd", 2, new LiveOptions { Multifd = new MultifdOptions { Compression = MultifdCompression.Zstd } }),
            ("XBZRLE", 0, new LiveOptions { Xbzrle = new XbzrleOptions() }),
        ];
        var allocated = new Dictionary<(string, int), double>();
        foreach (int mebibytes in new[] { Small, Large })
        {
            using var source = new PacedMachine(mebibytes);
            using var destination = new GuestRam([new RamBlockLayout("ram", (long)mebibytes << 20)]);
            var comparison = new Comparison($"{BenchmarkGuest.SizeText(mebibytes)} of RAM, managed memory that both ends allocate", [Allocated]);
            findings.Comparisons.Add(comparison);
            comparison.Run(
                3,
                [
                    .. forms.Select(form => new Contender(form.Name, Role.Ours, () =>
                    {
                        long before = GC.GetTotalAllocatedBytes(precise: true);
                        Migrate(source, destination, form.Options, form.Multifd);
                        return new Dictionary<Quantity, double> { [Allocated] = (GC.GetTotalAllocatedBytes(precise: true) - before) / 1e3 };
                    })),
                ],
                run.Progress);
            foreach ((string name, _, _) in forms)
            {
                allocated[(name, mebibytes)] = comparison.Median(name, Allocated)?.Median ?? 0;
            }
        }

        foreach ((string name, _, _) in forms)
        {
            double perPage = (allocated[(name, Large)] - allocated[(name, Small)]) * 1e3 / ((Large - Small) * PagesPerMebibyte);
            findings.Targets.Add(new Target($"allocated for each page more, {name}", 1, "bytes", true, perPage));
        }
    }

    private static LiveMigration Migrate(PacedMachine source, GuestRam destination, LiveOptions options, int multifd = 0)
    {
        (SocketChannel First, SocketChannel Second)[] pairs = [.. Enumerable.Range(0, 1 + multifd).Select(_ => ChannelPair.Create())];
        using (var channels = new ChannelSet(pairs[0].First, null, [.. pairs.Skip(1).Select(pair => pair.First)]))
        using (var there = new ChannelSet(pairs[0].Second, null, [.. pairs.Skip(1).Select(pair => pair.Second)]))
        using (var incoming = new IncomingMigration(
            new DestinationMachine(destination.OpenSink(), new NoDevices(), StandingMachine.Instance), there))
        {
            Exception? failure = null;
            var receiver = new Thread(() =>
            {
                try
                {
                    incoming.Run(CancellationToken.None);
                }
                catch (Exception exception)
                {
                    failure = exception;
                }
            });
            receiver.Start();
            var migration = new LiveMigration(source.AsLive(), channels, options);
            migration.Run(CancellationToken.None);
            receiver.Join();
            return failure is null ? migration : throw new InvalidOperationException("the destination failed", failure);
        }
    }

    private static void CopyBySocket(nint from, long bytes)
    {
        (SocketChannel here, SocketChannel there) = ChannelPair.Create();
        using (here)
        using (there)
        {
            void* buffer = NativeMemory.Alloc(ChunkBytes);
            var receiver = new Thread(() =>
            {
                for (long got = 0; got < bytes;)
                {
                    got += there.Read(new Span<byte>(buffer, ChunkBytes));
                }
            });
            receiver.Start();
            for (long at = 0; at < bytes; at += ChunkBytes)
            {
                here.Write(new ReadOnlySpan<byte>((byte*)from + at, ChunkBytes));
            }

            receiver.Join();
            NativeMemory.Free(buffer);
        }
    }

    private static Dictionary<Quantity, double> Megabytes(int mebibytes, Action action)
    {
        long begun = Stopwatch.GetTimestamp();
        action();
        return new Dictionary<Quantity, double> { [Rate] = (double)mebibytes * (1 << 20) / Stopwatch.GetElapsedTime(begun).TotalSeconds / 1e6 };
    }
}
