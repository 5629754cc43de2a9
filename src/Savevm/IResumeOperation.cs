namespace Savevm;

/// <summary>Brings guests back from a snapshot.</summary>
public interface IResumeOperation
{
    /// <summary>
    /// Starts the guests, says so to the observer as each one runs, and serves their pages until none needs it any more.
    /// </summary>
    /// <param name="request">What to do.</param>
    /// <param name="observer">Told when guests run and when their RAM has arrived.</param>
    /// <param name="interrupt">
    /// Before a guest runs: cancels, nothing is left behind. While a running guest waits for pages: fetches the rest or kills the guest, as
    /// the request or else the observer says.
    /// </param>
    /// <exception cref="SavevmException">It failed, with what, why and the exit code.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before the guest ran, or the guest was killed on interrupt.</exception>
    Task<ResumeReport> RunAsync(ResumeRequest request, IOperationObserver observer, CancellationToken interrupt);
}
