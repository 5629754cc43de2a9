using Savevm.Hosting.Faults;
using Savevm.Hosting.Ram;
using Savevm.Machine;
using Savevm.Migration.Incoming;
using Savevm.Migration.Live;
using Savevm.Transport;

namespace Savevm.Benchmarks.Subjects;

/// <summary>A machine in .NET that goes on in another in the same process before its RAM is there; the source pushes slowly what nobody asked for.</summary>
internal static class PostcopyPair
{
    /// <summary>What is pushed in a second beside the pages that are asked for.</summary>
    public const int BackgroundMebibytes = 16;

    /// <summary>Lets <paramref name="touch"/> run at the destination as soon as the machine does, and then all pages arrive.</summary>
    /// <param name="source">The machine; it stands still afterwards.</param>
    /// <param name="preempt">Requested pages have a channel of their own.</param>
    /// <param name="collects">Garbage is collected all the while.</param>
    /// <param name="touch">Given the first address of its RAM.</param>
    public static TimeSpan Run(PacedMachine source, bool preempt, bool collects, Func<nint, TimeSpan> touch)
    {
        using var ram = new GuestRam([.. source.Ram.Hosted.Select(block => block.Layout)]);
        using var faults = new MissingPages(ram);
        using var control = new StartSignal();
        var (here, there) = ChannelPair.Create();
        var urgent = preempt ? ChannelPair.Create() : default((IByteChannel, IByteChannel)?);
        using var channels = new ChannelSet(here, urgent?.Item1);
        using var ends = new ChannelSet(there, urgent?.Item2);
        using var incoming = new IncomingMigration(new DestinationMachine(ram.OpenSink(), new NoDevices(), control, faults), ends);
        var outgoing = new LiveMigration(source.AsLive(), channels, new LiveOptions { Postcopy = true, BandwidthBytesPerSecond = BackgroundMebibytes << 20 });
        outgoing.StartPostcopy();
        source.Start();
        Task sending = RunAsync(() => outgoing.Run(CancellationToken.None));
        Task receiving = RunAsync(() => incoming.Run(CancellationToken.None));
        control.Started.Wait();
        bool isOver = false;
        Task collecting = collects ? RunAsync(() => Collect(() => Volatile.Read(ref isOver))) : Task.CompletedTask;
        TimeSpan elapsed = touch(ram.Hosted[0].Address);
        Volatile.Write(ref isOver, true);
        // What nobody touched has served its purpose.
        channels.Abort();
        Task.WhenAll(sending, receiving, collecting).ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        return elapsed;
    }

    private static Task RunAsync(Action action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Collect(Func<bool> isOver)
    {
        while (!isOver())
        {
            GC.Collect();
            Thread.Sleep(1);
        }
    }

    private sealed class StartSignal : IMachineControl, IDisposable
    {
        public ManualResetEventSlim Started { get; } = new();

        public void Start() => Started.Set();

        public void Stop() => throw new InvalidOperationException("the destination is stopped");

        public void Dispose() => Started.Dispose();
    }
}
