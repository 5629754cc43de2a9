using System.Diagnostics;
using System.Net.Sockets;
using Savevm.Linux.Processes;

namespace Savevm.Demo;

/// <summary>
/// Boots a small guest that counts and checks itself, captures it while it runs, kills its QEMU, and resumes it lazily, as three clones and
/// fully. Whether a tick was lost is read from the guest's own serial port. Everything it makes is in one temporary folder and removed.
/// </summary>
/// <param name="capture">The operation behind <c>capture</c>.</param>
/// <param name="resume">The operation behind <c>resume</c>.</param>
public sealed class DemoOperation(ICaptureOperation capture, IResumeOperation resume)
{
    private const string SnapshotName = "demo";
    private const int Clones = 3;
    private const int TicksBefore = 20;
    private const int TicksAfter = 5;
    private static readonly TimeSpan BootLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ResumeLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ExitPoll = TimeSpan.FromMilliseconds(5);

    /// <summary>Shows it.</summary>
    /// <param name="request">The place.</param>
    /// <param name="observer">Told what happens.</param>
    /// <param name="cancellationToken">Ends it early; everything is removed all the same.</param>
    /// <exception cref="SavevmException">A step failed; a mode that this host refuses is no failure but a row that says so.</exception>
    public async Task<DemoReport> RunAsync(DemoRequest request, IOperationObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        string folder = Directory.CreateTempSubdirectory("savevm-demo-").FullName;
        try
        {
            string emulator = EmulatorSearch.Find(request, folder, observer.Note, cancellationToken);
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(ConsolePath(folder)));
            listener.Listen(Clones + 1);

            observer.Note($"booting a small guest in {emulator}");
            (CaptureReport captured, Expectation expectation) =
                await CaptureAsync(emulator, folder, listener, observer, cancellationToken).ConfigureAwait(false);

            List<DemoRow> rows = [];
            foreach ((ResumeMode mode, int count) in new[] { (ResumeMode.Lazy, 1), (ResumeMode.Clone, Clones), (ResumeMode.Full, 1) })
            {
                observer.Note(count == 1 ? $"resuming it, {mode.ToString().ToLowerInvariant()}" : $"resuming it as {count} clones");
                rows.AddRange(
                    await ResumeAsync(mode, count, emulator, folder, listener, expectation, observer, cancellationToken).ConfigureAwait(false));
            }

            return new DemoReport { Emulator = emulator, Capture = captured, Rows = rows };
        }
        finally
        {
            Remove(folder);
        }
    }

    private static string ConsolePath(string folder) => Path.Combine(folder, "console");

    private static string RepositoryPath(string folder) => Path.Combine(folder, "repository");

    private async Task<(CaptureReport Report, Expectation Expectation)> CaptureAsync(
        string emulator,
        string folder,
        Socket listener,
        IOperationObserver observer,
        CancellationToken cancellationToken)
    {
        string monitor = Path.Combine(folder, "qmp");
        string log = Path.Combine(folder, "qemu.log");
        using ChildProcess process = ChildProcess.Start(new ChildProcessStart
        {
            Program = emulator,
            Arguments = await ArgumentsAsync(folder, monitor, cancellationToken).ConfigureAwait(false),
            OutputFile = log,
            ErrorFile = log,
        });
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(BootLimit);
            using GuestConsole console = await BootAsync(process, listener, log, limit.Token, cancellationToken).ConfigureAwait(false);
            await console.UntilTicksAsync(TicksBefore, limit.Token).ConfigureAwait(false);

            observer.Note("capturing it while it runs");
            long before = console.LastTick;
            CaptureReport report = await capture.RunAsync(
                new CaptureRequest
                {
                    RepositoryPath = RepositoryPath(folder),
                    Name = SnapshotName,
                    QmpSocket = monitor,
                    After = AfterCapture.Stop,
                },
                new DemoObserver(observer),
                cancellationToken).ConfigureAwait(false);
            foreach (string note in report.Notes)
            {
                observer.Note(note);
            }

            observer.Note("killing its QEMU");
            process.Kill();
            await console.UntilEndAsync().ConfigureAwait(false);

            // In background mode the guest ran on after the instant that was saved: what it said then, it may say again.
            bool ranOn = report.Mode == CaptureMode.Background;
            return (report, new Expectation(ranOn ? before + 1 : console.LastTick + 1, console.LastTick + 1, ranOn ? "" : console.Unfinished));
        }
        finally
        {
            process.Kill();
            _ = process.WaitForExit(ExitLimit);
        }
    }

    private static async Task<GuestConsole> BootAsync(
        ChildProcess process,
        Socket listener,
        string log,
        CancellationToken limit,
        CancellationToken cancellationToken)
    {
        // QEMU connects to the console when it starts; one that ends before would be waited for in vain.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(limit);
        Task<int> exit = process.WaitForExitAsync(ended.Token);
        Task<Socket> accept = listener.AcceptAsync(ended.Token).AsTask();
        await Task.WhenAny(exit, accept).ConfigureAwait(false);
        bool connected = accept.IsCompletedSuccessfully;
        await ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAny(Task.WhenAll(exit, accept)).ConfigureAwait(false);
        if (connected)
        {
            return new GuestConsole(await accept.ConfigureAwait(false), "");
        }

        cancellationToken.ThrowIfCancellationRequested();
        string lastLine = File.ReadLines(log).LastOrDefault(line => line.Length > 0) ?? "it said nothing";
        throw new SavevmException(ExitCode.PeerFailed, "demo", $"QEMU did not start: {lastLine}");
    }

    private static async Task<IReadOnlyList<string>> ArgumentsAsync(string folder, string monitor, CancellationToken cancellationToken)
    {
        string guest = Path.Combine(folder, "ticker.bin");
        await using (Stream resource = typeof(DemoOperation).Assembly.GetManifestResourceStream("ticker.bin")!)
        await using (FileStream file = File.Create(guest))
        {
            await resource.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
        }

        return
        [
            "-machine", "pc", "-accel", "tcg", "-m", "128", "-nodefaults", "-display", "none",
            "-chardev", $"socket,id=console,path={ConsolePath(folder)}", "-serial", "chardev:console",
            "-qmp", $"unix:{monitor},server=on,wait=off",
            "-kernel", guest, "-append", "size=64 rate=16 verify=512 tick=20",
        ];
    }

    private async Task<IReadOnlyList<DemoRow>> ResumeAsync(
        ResumeMode mode,
        int count,
        string emulator,
        string folder,
        Socket listener,
        Expectation expectation,
        IOperationObserver observer,
        CancellationToken cancellationToken)
    {
        var inner = new DemoObserver(observer);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ResumeLimit);
        List<GuestConsole> consoles = [];
        long begin = Stopwatch.GetTimestamp();
        Task<ResumeReport> resuming = resume.RunAsync(
            new ResumeRequest
            {
                RepositoryPath = RepositoryPath(folder),
                Name = SnapshotName,
                Mode = mode,
                Clones = count,
                Emulator = emulator,
                OnInterrupt = InterruptChoice.Kill,
            },
            inner,
            limit.Token);
        Task connecting = ConnectAsync(listener, count, expectation, consoles, limit.Token);
        try
        {
            // A resume that is refused never connects to the console.
            if (await Task.WhenAny(resuming, connecting).ConfigureAwait(false) == resuming)
            {
                await resuming.ConfigureAwait(false);
            }

            await connecting.ConfigureAwait(false);
            foreach (GuestConsole console in consoles)
            {
                await console.UntilTicksAsync(TicksAfter, limit.Token).ConfigureAwait(false);
                await console.VerifyAsync(limit.Token).ConfigureAwait(false);
            }

            await resuming.ConfigureAwait(false);
            return [.. consoles.Select((console, index) => Row(mode, index, begin, console, expectation))];
        }
        catch (SavevmException refused) when (refused.Code == ExitCode.Incompatible)
        {
            return [new DemoRow { Mode = mode, Impossible = refused.Hint is null ? refused.Why : $"{refused.Why}; {refused.Hint}" }];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SavevmException(ExitCode.PeerFailed, "demo", $"the guest did not tick within {ResumeLimit.TotalSeconds:0} s of its resume");
        }
        finally
        {
            await limit.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(Task.WhenAll(resuming, connecting)).ConfigureAwait(false);
            End(inner.Guests);
            consoles.ForEach(console => console.Dispose());
        }
    }

    private static async Task ConnectAsync(
        Socket listener,
        int count,
        Expectation expectation,
        List<GuestConsole> consoles,
        CancellationToken cancellationToken)
    {
        while (consoles.Count < count)
        {
            Socket socket = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
            consoles.Add(new GuestConsole(socket, expectation.Unfinished));
        }
    }

    private static DemoRow Row(ResumeMode mode, int index, long begin, GuestConsole console, Expectation expectation)
    {
        IReadOnlyList<(long Number, long Timestamp)> ticks = console.Ticks;
        long first = ticks[0].Number;
        long lost = Math.Max(0, first - expectation.Latest) + Math.Max(0, expectation.Earliest - first);
        for (int i = 1; i < ticks.Count; i++)
        {
            lost += Math.Abs(ticks[i].Number - ticks[i - 1].Number - 1);
        }

        return new DemoRow
        {
            Mode = mode,
            Index = index,
            TimeToTick = Stopwatch.GetElapsedTime(begin, ticks[0].Timestamp),
            TicksLost = lost,
            CorruptPages = console.CorruptPages,
        };
    }

    private static void End(IReadOnlyList<ResumedGuest> guests)
    {
        foreach (ResumedGuest guest in guests)
        {
            if (guest.ProcessId is { } id)
            {
                Kill(id);
            }

            if (guest.RunDirectory is { } folder)
            {
                Remove(folder);
            }
        }
    }

    private static void Kill(int processId)
    {
        if (ProcessInfo.Read(processId) is not { } info)
        {
            return;
        }

        try
        {
            using Process process = Process.GetProcessById(processId);
            process.Kill();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // It ended by itself.
        }

        // Not the end of the process as its parent sees it: whoever started it may never ask for its exit code.
        long begin = Stopwatch.GetTimestamp();
        while (ProcessInfo.IsAlive(processId, info.StartTime) && Stopwatch.GetElapsedTime(begin) < ExitLimit)
        {
            Thread.Sleep(ExitPoll);
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody was faster; gone is gone.
        }
    }

    /// <param name="Earliest">The lowest number that the first tick after a resume may have.</param>
    /// <param name="Latest">The highest.</param>
    /// <param name="Unfinished">The line that the guest had begun when it was captured.</param>
    private sealed record Expectation(long Earliest, long Latest, string Unfinished);
}
