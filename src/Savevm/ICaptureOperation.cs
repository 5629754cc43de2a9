namespace Savevm;

/// <summary>Captures a running QEMU into a snapshot.</summary>
public interface ICaptureOperation
{
    /// <summary>
    /// Captures. Whatever happens, the guest runs as before unless the request says otherwise, and the snapshot is there whole or not at all.
    /// </summary>
    /// <param name="request">What to do.</param>
    /// <param name="observer">Told of progress and notes.</param>
    /// <param name="cancellationToken">Cancels: QEMU's migration is cancelled, its settings are put back, nothing is stored.</param>
    /// <exception cref="SavevmException">It failed, with what, why and the exit code.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    Task<CaptureReport> RunAsync(CaptureRequest request, IOperationObserver observer, CancellationToken cancellationToken);
}
