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

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// Live migration of a machine in .NET to another in the same process over a unix socket: all of its RAM once, and how long it stands still at
/// several rates of writing. Beside it the bare socket, and two QEMUs with the same RAM.
/// </summary>
internal static unsafe class LiveBenchmark
{
    private const string Ours = "savevm";
    private const string Socket = "bare socket";
    private const int ChunkBytes = 1 << 20;

    private static readonly Quantity Rate = new("mb_s", "rate", "MB/s");
    private static readonly Quantity Stop = new("ms", "stands still", "ms");
    private static readonly Quantity Rounds = new("rounds", "rounds", "");

    // Of what a 1 GiB machine writes while it is sent, in MB/s.
    private static readonly int[] DirtyRates = [0, 50, 200];

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        int mebibytes = run.Options.IsQuick ? 128 : 1024;
        Throughput(run, findings, mebibytes);
        foreach (int rate in DirtyRates)
        {
            Downtime(run, findings, mebibytes, rate);
        }
    }

    private static void Throughput(BenchmarkRun run, BenchmarkFindings findings, int mebibytes)
    {
        using var source = new PacedMachine(mebibytes);
        using var destination = new GuestRam([new RamBlockLayout("ram", (long)mebibytes << 20)]);
        string image = run.Workspace.NewDataFile("ram");
        using (FileStream file = File.Create(image))
        {
            file.Write(source.Content());
        }

        var comparison = new Comparison($"{BenchmarkGuest.SizeText(mebibytes)} of RAM without zeros, precopy, one channel", [Rate]);
        findings.Comparisons.Add(comparison);
        List<Contender> contenders =
        [
            new(Ours, Role.Ours, () => Megabytes(mebibytes, () => Migrate(source, destination, new LiveOptions()))),
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
        foreach (QemuInstallation qemu in QemuInstallation.Find())
        {
            Quartiles? ofQemu = comparison.Ratio($"{Ours} / {qemu} to itself", Ours, $"{qemu} to itself", Rate);
            findings.Targets.Add(new Target($"precopy: of the rate of {qemu}", 1, "x", false, ofQemu?.Median));
        }
    }

    private static void Downtime(BenchmarkRun run, BenchmarkFindings findings, int mebibytes, int rate)
    {
        using var source = new PacedMachine(mebibytes);
        using var destination = new GuestRam([new RamBlockLayout("ram", (long)mebibytes << 20)]);
        source.Write(rate);
        var comparison = new Comparison($"{BenchmarkGuest.SizeText(mebibytes)}, {rate} MB/s written meanwhile", [Stop, Rounds]);
        findings.Comparisons.Add(comparison);
        comparison.Run(
            run.Options.IsQuick ? 3 : run.Options.Rounds,
            [
                new Contender(Ours, Role.Ours, () =>
                {
                    source.Start();
                    LiveMigration migration = Migrate(source, destination, new LiveOptions());
                    return new Dictionary<Quantity, double>
                    {
                        [Stop] = migration.Statistics.Downtime.TotalMilliseconds,
                        [Rounds] = migration.Statistics.DirtySyncCount,
                    };
                }),
            ],
            run.Progress);
        double? limit = rate switch { 0 => 3, 200 => 20, _ => null };
        if (limit is { } most)
        {
            findings.Targets.Add(new Target(
                $"downtime at {rate} MB/s written (metric 7)", most, "ms", true, comparison.Median(Ours, Stop)?.Median, 1));
        }
    }

    private static LiveMigration Migrate(PacedMachine source, GuestRam destination, LiveOptions options)
    {
        (SocketChannel here, SocketChannel there) = ChannelPair.Create();
        using (here)
        using (there)
        using (var channels = new ChannelSet(here))
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
