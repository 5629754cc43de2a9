using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;
using Savevm.Disks;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Sockets;
using Savevm.Machine;
using Savevm.Migration;
using Savevm.Migration.Incoming;
using Savevm.Parts;
using Savevm.Qemu;
using Savevm.Qemu.CommandLine.Correction;
using Savevm.Qemu.Qmp;
using Savevm.Qemu.Source;
using Savevm.Recorded;
using Savevm.Repository.Snapshots;
using Savevm.Transport;
using Savevm.Transport.Channels;
using Savevm.Transport.Layers;

namespace Savevm.Captures;

/// <summary>
/// One capture of a QEMU whose monitor we hold. The order of the last steps is what keeps the guest safe and its pause short:
/// the state is complete and checked, SHUT 0 is said, the guest runs again; only then the rest is hashed, synced and named.
/// With stop and quit the guest stands still until the snapshot is durable.
/// </summary>
internal sealed class MonitoredCapture(CaptureRequest request, string socketPath, IOperationObserver observer, SnapshotWriter writer)
{
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly ConvergenceWatch convergence = new();
    private readonly List<string> notes = [];

    public async Task<CaptureReport> RunAsync(CancellationToken cancellationToken)
    {
        var source = await QemuSource.AttachAsync(socketPath, cancellationToken).ConfigureAwait(false);
        await using var ownership = source.ConfigureAwait(false);
        var facts = await source.ReadFactsAsync(cancellationToken).ConfigureAwait(false);
        CaptureObstacle.Refuse(request.Name, facts);
        var decision = await DecideAsync(source, facts, cancellationToken).ConfigureAwait(false);
        var background = decision.Mode == SourceMode.Background;
        using var watch = background ? VcpuWatch.Start(facts) : null;
        var disks = DiskCapture.Plan(request, facts, writer, goesOn: background || request.After == AfterCapture.Run);
        var commandLine = CommandLineCorrection.Correct(facts);
        foreach (var sentence in commandLine.Corrections.Concat(commandLine.Notes)) Tell(sentence);
        // Tens of MiB to read: beside the transfer.
        var digest = ProgramDigest.OfProcessAsync(facts.Process?.ProcessId, facts.Process?.Executable);
        try
        {
            await disks.OpenAsync(source.Client, cancellationToken).ConfigureAwait(false);
            var (result, progress, streamBytes) = await TransferAsync(source, decision.Mode, disks, watch, cancellationToken).ConfigureAwait(false);
            // The guest stands still until it is told to go on: the instant of its RAM is the instant of its disks.
            if (!background) await disks.SwitchAsync(cancellationToken).ConfigureAwait(false);
            if (request.After == AfterCapture.Run) await source.LeaveAsync(SourceAfter.Run, source.WasRunning, cancellationToken).ConfigureAwait(false);
            var slowdown = watch?.End();
            // 7.2 says completed before it has added up.
            if (progress.TotalTime == TimeSpan.Zero) progress = await source.PollAsync(cancellationToken).ConfigureAwait(false);
            foreach (var remark in result.Remarks) Tell(remark);
            observer.Progress(new ProgressUpdate { Phase = "completed", Bytes = progress.TransferredBytes, TotalBytes = progress.TransferredBytes });
            TellDisks(facts, disks);
            commandLine = CommandLineCorrection.Fit(commandLine, result.Devices.Sections.Select(section => (section.IdStr, section.InstanceId)));
            var manifest = Store(facts, RecordedSource.From(facts, commandLine, socketPath, await digest.ConfigureAwait(false)), decision, disks, cancellationToken);
            await LeaveDurableAsync(source, cancellationToken).ConfigureAwait(false);
            return CaptureOperation.Report(request, Translate(decision.Mode), notes, manifest, streamBytes, clock) with
            {
                Downtime = progress.Downtime,
                Slowdown = slowdown,
                Rounds = (int)Math.Min(progress.Iteration, int.MaxValue),
                Overlays = disks.IsSwitched ? [.. disks.OverlayPaths] : [],
            };
        }
        catch (Exception failure)
        {
            if (source.WhyCancelWaits is { } why) observer.Note(why);
            if (await source.EmergencyRestoreAsync().ConfigureAwait(false) is { } problem)
                observer.Warning($"the source could not be put back as it was: {problem}");
            await TakeBackAsync(disks).ConfigureAwait(false);
            if (CaptureObstacle.Explain(request.Name, failure, facts) is { } explained) throw explained;
            throw;
        }
    }

    private async Task<ModeDecision> DecideAsync(QemuSource source, QemuFacts facts, CancellationToken cancellationToken)
    {
        var asked = request.Mode is { } mode ? Translate(mode) : (SourceMode?)null;
        // Whether background is possible costs a look at the running QEMU: it is taken only where the answer matters.
        var mayFallBack = asked is null && QuirkTable.Rows.Any(row => row.Applies(facts, SourceMode.Live));
        var matters = mayFallBack || (asked == SourceMode.Background && facts.IsRunning);
        var obstacle = matters ? await source.FindNoBackgroundAsync(facts, cancellationToken).ConfigureAwait(false) : null;
        if (obstacle is not null && asked is not null) throw obstacle;
        var noBackground = obstacle is null ? null : obstacle.Message + (obstacle.Hint is null ? string.Empty : $" ({obstacle.Hint})");
        var decision = QuirkTable.Decide(facts, asked, noBackground);
        foreach (var sentence in decision.Sentences) Tell(sentence);
        if (decision.Mode == SourceMode.Background && QemuSource.BackgroundExcludes(facts) is { Count: > 0 } off)
            Tell($"QEMU does not combine a background snapshot with {string.Join(", ", off)}: off while it is taken, then on again");
        return decision;
    }

    private void TellDisks(QemuFacts facts, DiskCapture disks)
    {
        var writable = facts.Disks.Where(disk => disk.IsWritable).Select(disk => disk.Label).ToList();
        if (writable.Count == 0) return;
        if (request.IgnoreDisks) Tell($"the disks are left alone ({string.Join(", ", writable)}): the snapshot resumes with --disks ignore, when they are as they were");
        else if (disks.IsSwitched) Tell($"the guest goes on in {string.Join(", ", disks.OverlayPaths)}; nobody may write to what is below while the snapshot is kept");
    }

    // What fails here was said already: the source does not answer.
    private async Task TakeBackAsync(DiskCapture disks)
    {
        if (disks.IsSwitched)
        {
            observer.Warning($"the guest goes on in {string.Join(", ", disks.OverlayPaths)}, which was made for this capture: keep it with its disk");
            return;
        }
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await disks.UndoAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception silent) when (silent is QemuException or IOException or OperationCanceledException)
        {
            observer.Warning($"overlays that were made for this capture could not be removed: {silent.Message}");
        }
    }

    private async Task<(IncomingResult Result, SourceProgress Progress, long StreamBytes)> TransferAsync(
        QemuSource source, SourceMode mode, DiskCapture disks, VcpuWatch? watch, CancellationToken cancellationToken)
    {
        // A background snapshot must be read to its end whatever happens here. Unlike a socket, a pipe cannot be shut down under the copy that
        // the source's guard reads on from.
        var background = mode == SourceMode.Background;
        var (ours, theirs) = background ? Descriptor.Pipe(nonBlockingRead: true) : UnixSocket.Pair();
        var name = $"migration of {request.Name}";
        using IByteChannel stream = background ? OpenPipe(ours, name) : new SocketChannel(ours, name);
        // QEMU ignores its own limit while it takes a background snapshot: there the reader holds it back.
        using var channel = background && request.BandwidthBytesPerSecond is { } rate ? new ThrottledChannel(stream, rate) : stream;
        using var incoming = new IncomingMigration(new DestinationMachine(writer.Ram, writer.Devices, StandingMachine.Instance), channel);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var plan = new SourceMigrationPlan
        {
            Mode = mode,
            BandwidthBytesPerSecond = request.BandwidthBytesPerSecond,
            DowntimeLimit = request.DowntimeLimit,
            UseReturnPath = !background,
            WhileStopped = background && disks.Switches ? disks.SwitchAsync : null,
            UndoCommands = disks.UndoCommands,
        };
        var reading = EngineThread.Start("savevm incoming", () => incoming.Run(either.Token));
        Task<SourceProgress>? sending = null;
        try
        {
            if (watch is not null) await watch.BeginSnapshotAsync(cancellationToken).ConfigureAwait(false);
            using (theirs) await source.StartMigrationAsync(plan, theirs, background ? ours : null, cancellationToken).ConfigureAwait(false);
            if (plan.WhileStopped is not null) await LetRunAsync(source, incoming, reading, either.Token).ConfigureAwait(false);
            sending = source.WaitCompletedAsync(Report, null, either.Token);
            // Whoever fails first tells most: the other end only sees a broken connection.
            await (await Task.WhenAny(reading, sending).ConfigureAwait(false)).ConfigureAwait(false);
            var result = await reading.ConfigureAwait(false);
            return (result, await sending.ConfigureAwait(false), incoming.Statistics.StreamBytes);
        }
        catch (Exception failure)
        {
            await either.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(reading).ConfigureAwait(false);
            // We refused, and the sender was quicker to say that we hung up.
            if (failure is MigrationFailedException && reading.Exception?.InnerException is { } refusal and not (PeerLostException or OperationCanceledException))
                ExceptionDispatchInfo.Throw(refusal);
            if (failure is PeerLostException) throw await ExplainAsync(source, failure).ConfigureAwait(false);
            throw;
        }
    }

    // QEMU writes each page by itself, and not until then lets the guest write to it: to wake us for each would cost it as much again. With room for
    // what comes in a millisecond it need not.
    internal static PipeChannel OpenPipe(SafeFileHandle reader, string name)
    {
        const int Enough = 512 << 10;
        return new PipeChannel(reader, FileAccess.Read, name) { GatherTime = TimeSpan.FromMilliseconds(Descriptor.EnlargePipe(reader) >= Enough ? 1 : 0) };
    }

    // With the first page on the wire all of RAM is write-protected: what the guest writes from then on is not in the snapshot.
    private static async Task LetRunAsync(QemuSource source, IncomingMigration incoming, Task reading, CancellationToken cancellationToken)
    {
        while (!reading.IsCompleted && incoming.Statistics.NormalPages + incoming.Statistics.ZeroPages == 0)
            await Task.Delay(1, cancellationToken).ConfigureAwait(false);
        await source.LetRunAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A source that broke the connection often knows why.</summary>
    private static async Task<Exception> ExplainAsync(QemuSource source, Exception lost)
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            var progress = await source.PollAsync(limit.Token).ConfigureAwait(false);
            return progress.Status is "failed" or "cancelled" ? new MigrationFailedException(progress.Status, progress.Error) : lost;
        }
        catch (Exception silent) when (silent is QemuException or OperationCanceledException)
        {
            return lost;
        }
    }

    private void Report(SourceProgress progress)
    {
        convergence.Observe(progress);
        var left = progress.BytesPerSecond > progress.DirtyBytesPerSecond
            ? TimeSpan.FromSeconds((double)progress.RemainingBytes / (progress.BytesPerSecond - progress.DirtyBytesPerSecond))
            : (TimeSpan?)null;
        observer.Progress(new ProgressUpdate
        {
            Phase = progress.Status,
            Bytes = progress.TransferredBytes,
            TotalBytes = progress.TransferredBytes + progress.RemainingBytes,
            BytesPerSecond = progress.BytesPerSecond,
            DirtyBytesPerSecond = progress.DirtyBytesPerSecond,
            TimeLeft = left,
            WillNotConverge = convergence.Sentence,
        });
    }

    private SnapshotManifest Store(QemuFacts facts, RecordedSource recordedSource, ModeDecision decision, DiskCapture disks, CancellationToken cancellationToken)
    {
        writer.SealPages(cancellationToken);
        return writer.Commit(
            new SnapshotFacts
            {
                RunState = facts.IsRunning ? "running" : "paused",
                Mode = ModeName(Translate(decision.Mode)),
                Tags = request.Tags,
                Quirks = decision.Quirks,
                Machine = RecordedMachine.From(facts).ToJson(),
                Source = recordedSource.ToJson(),
                Disks = RecordedDisk.ToJson(disks.Record(cancellationToken)),
            },
            cancellationToken);
    }

    private async Task LeaveDurableAsync(QemuSource source, CancellationToken cancellationToken)
    {
        try
        {
            if (request.After == AfterCapture.Stop) await source.LeaveAsync(SourceAfter.Stop, source.WasRunning, cancellationToken).ConfigureAwait(false);
            if (request.After != AfterCapture.Quit) await source.RestoreAsync(cancellationToken).ConfigureAwait(false);
            else await source.LeaveAsync(SourceAfter.Quit, source.WasRunning, cancellationToken).ConfigureAwait(false);
        }
        catch (QmpConnectionException gone) when (gone.Failure == QmpFailure.Closed)
        {
            // The snapshot is whole and has its name; the source has nothing left to be put back.
            observer.Warning($"the snapshot is complete, but the source ended before it could be put back: {gone.Message}");
        }
    }

    private void Tell(string sentence)
    {
        notes.Add(sentence);
        observer.Note(sentence);
    }

    internal static string ModeName(CaptureMode mode) => mode switch
    {
        CaptureMode.Live => "live",
        CaptureMode.Background => "background",
        _ => "stop",
    };

    private static SourceMode Translate(CaptureMode mode) => mode switch
    {
        CaptureMode.Live => SourceMode.Live,
        CaptureMode.Background => SourceMode.Background,
        _ => SourceMode.Stop,
    };

    private static CaptureMode Translate(SourceMode mode) => mode switch
    {
        SourceMode.Live => CaptureMode.Live,
        SourceMode.Background => CaptureMode.Background,
        _ => CaptureMode.Stop,
    };
}
