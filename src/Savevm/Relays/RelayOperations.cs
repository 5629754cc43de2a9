using System.Diagnostics;
using Savevm.Migration;
using Savevm.Migration.Relay;
using Savevm.Parts;
using Savevm.Transport;

namespace Savevm.Relays;

/// <summary>Relays migrations between two QEMUs, and plays recorded ones.</summary>
public sealed class RelayOperations : IRelayOperations
{
    /// <inheritdoc/>
    public async Task<RelayReport> RelayAsync(RelayRequest request, IRelayObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        var what = $"relay to {request.ConnectUri}";
        RecordingFile? recording = null;
        try
        {
            var target = AddressOf(request.ConnectUri, what);
            recording = request.RecordPath is { } path ? new RecordingFile(path, observer.Warning) : null;
            using var listener = AddressOf(request.ListenUri, what).Listen();
            RelayMigration? relay = null;
            var options = new RelayOptions
            {
                KeepBytes = request.KeepBytes ?? new RelayOptions().KeepBytes,
                BandwidthBytesPerSecond = request.BandwidthBytesPerSecond,
                WaitLimit = request.Timeout,
                Recorder = recording,
                Note = observer.Note,
                Warn = observer.Warning,
                SourceNotNeeded = () => observer.SourceNotNeeded(relay!.Standing?.HeldPages ?? 0),
            };
            using (relay = new RelayMigration(listener, target.Connect, options))
            {
                observer.Listening(listener.Address);
                var watch = Stopwatch.StartNew();
                var run = EngineThread.Start("savevm relay", () => relay.Run(cancellationToken));
                while (await Task.WhenAny(run, Task.Delay(200, CancellationToken.None)).ConfigureAwait(false) != run)
                {
                    if (relay.Counters.Connections == 0) watch.Restart();
                    else observer.Progress(new ProgressUpdate { Phase = MigrationStateTable.NameOf(relay.State), Bytes = relay.Counters.ForwardBytes });
                }
                var result = await run.ConfigureAwait(false);
                recording?.End();
                return Report(result, relay.Counters, recording?.Length, watch.Elapsed);
            }
        }
        catch (RelayInterruptedException interrupted)
        {
            throw Interrupted(request, what, interrupted);
        }
        catch (Exception failure) when (failure is not (SavevmException or OperationCanceledException))
        {
            throw Failure.From(failure, what);
        }
        finally
        {
            recording?.Dispose();
        }
    }

    /// <inheritdoc/>
    public async Task<ReplayReport> ReplayAsync(ReplayRequest request, IRelayObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        var what = $"replay of {request.Path}";
        try
        {
            var target = AddressOf(request.ConnectUri, what);
            using var replay = new Replay(request, target, observer);
            return await EngineThread.Start("savevm replay", () => replay.Run(cancellationToken)).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not (SavevmException or OperationCanceledException))
        {
            throw Failure.From(failure, what);
        }
    }

    private static ChannelAddress AddressOf(string text, string what)
    {
        ChannelAddress address;
        try
        {
            address = ChannelAddress.Parse(text);
        }
        catch (FormatException wrong)
        {
            throw new SavevmException(ExitCode.WrongUsage, what, wrong.Message, "unix:PATH and tcp:HOST:PORT can be relayed", wrong);
        }
        return address.Scheme is "unix" or "tcp"
            ? address
            : throw new SavevmException(ExitCode.WrongUsage, what, $"{text} is no connection with two directions", "unix:PATH and tcp:HOST:PORT can be relayed");
    }

    private static RelayReport Report(RelayResult result, RelayCounters counters, long? recorded, TimeSpan elapsed) => new()
    {
        ForwardBytes = counters.ForwardBytes,
        BackwardBytes = counters.BackwardBytes,
        Connections = counters.Connections,
        Followed = result.IsFollowed,
        Postcopy = result.IsPostcopy,
        RequestedPages = counters.RequestedPages,
        AnsweredPages = counters.AnsweredPages,
        Recoveries = counters.Recoveries,
        SourceWasLost = result.SourceWasLost,
        RecordedBytes = recorded,
        Elapsed = elapsed,
    };

    /// <summary>What is lost by it, if anything, and what to say to which QEMU.</summary>
    private static SavevmException Interrupted(RelayRequest request, string what, RelayInterruptedException interrupted)
    {
        var standing = interrupted.Standing;
        if (standing.MissingPages == 0)
        {
            // The source was dismissed. Only the destination's own owner can tell now.
            return new SavevmException(
                ExitCode.PeerFailed,
                what,
                (standing.HeldPages > 0 ? $"{standing.HeldPages} pages were only here, and the destination has not said that it has them" : "the destination has every page and has not said so")
                + (interrupted.InnerException is { } reason ? $": {reason.Message}" : ""),
                "ask the destination with query-migrate: where it says completed it has everything, where it says postcopy-paused its guest cannot go on",
                interrupted);
        }
        var why = $"the destination lacks {standing.MissingPages} pages that only the source has";
        return new SavevmException(
            ExitCode.Recoverable,
            what,
            interrupted.InnerException is { } cause ? $"{why}: {cause.Message}" : why,
            $"as long as the source's QEMU is there nothing is lost: start the same relay again, tell the destination migrate-recover {request.ConnectUri}, "
            + $"then the source migrate -r {request.ListenUri} (QMP: migrate with \"resume\": true)",
            interrupted);
    }
}
