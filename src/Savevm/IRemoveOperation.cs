namespace Savevm;

/// <summary>Removes snapshots.</summary>
public interface IRemoveOperation
{
    /// <summary>Removes one.</summary>
    /// <param name="request">What to remove.</param>
    /// <param name="observer">Told what is merged and what stays.</param>
    /// <param name="cancellationToken">Interrupts a merge; nothing is lost, and the snapshot stays.</param>
    /// <exception cref="SavevmException">It is not there, or cannot be removed.</exception>
    Task<RemoveReport> RunAsync(RemoveRequest request, IOperationObserver observer, CancellationToken cancellationToken);
}
