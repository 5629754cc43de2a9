using System.Diagnostics;
using Savevm.Repository;
using Savevm.Repository.Snapshots;

namespace Savevm.Captures;

/// <summary>
/// Captures a QEMU into a snapshot: the one room where monitor, engine and repository meet. It writes no byte of the stream
/// and no file of the snapshot itself.
/// </summary>
public sealed class CaptureOperation : ICaptureOperation
{
    /// <inheritdoc/>
    public async Task<CaptureReport> RunAsync(CaptureRequest request, IOperationObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        var what = $"capture of {request.Name}";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (request.Timeout is { } timeout) limit.CancelAfter(timeout);
        try
        {
            SnapshotName.Validate(request.Name);
            using var repository = SnapshotRepository.Open(request.RepositoryPath, create: true);
            using var writer = repository.BeginSnapshot(request.Name);
            return request.QmpSocket is { } socket
                ? await new MonitoredCapture(request, socket, observer, writer).RunAsync(limit.Token).ConfigureAwait(false)
                : await new ListeningCapture(request, request.ListenUri!, observer, writer).RunAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new SavevmException(
                ExitCode.DidNotConverge, what, $"it was not done within {request.Timeout?.TotalSeconds:0.###} s; the source was left as it was",
                "--timeout TIME gives it longer, --downtime-limit TIME lets it end sooner, --mode stop or background needs no convergence", failure);
        }
        catch (Exception failure) when (failure is not (SavevmException or OperationCanceledException))
        {
            throw Failure.From(failure, what);
        }
    }

    /// <summary>The report of a capture that is durable.</summary>
    internal static CaptureReport Report(CaptureRequest request, CaptureMode mode, IReadOnlyList<string> notes, SnapshotManifest manifest, long streamBytes, Stopwatch watch) => new()
    {
        Name = request.Name,
        Mode = mode,
        Notes = notes,
        GuestBytes = manifest.RamBytes,
        StreamBytes = streamBytes,
        DataBytes = manifest.DataBytes,
        Elapsed = watch.Elapsed,
        Durable = true,
    };
}
