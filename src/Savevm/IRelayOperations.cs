namespace Savevm;

/// <summary>The operations between two QEMUs. All throw <see cref="SavevmException"/> or what <see cref="Failure"/> translates.</summary>
public interface IRelayOperations
{
    /// <summary>Stands between a source and a destination for one migration.</summary>
    /// <param name="request">Where, and how.</param>
    /// <param name="observer">Told how it goes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task<RelayReport> RelayAsync(RelayRequest request, IRelayObserver observer, CancellationToken cancellationToken);

    /// <summary>Plays the source of a recorded migration to a QEMU that waits.</summary>
    /// <param name="request">What, and where.</param>
    /// <param name="observer">Told how it goes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task<ReplayReport> ReplayAsync(ReplayRequest request, IRelayObserver observer, CancellationToken cancellationToken);
}
