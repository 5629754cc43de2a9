namespace Savevm.Transport;

/// <summary>Waits for connections at an address.</summary>
public interface IChannelListener : IDisposable
{
    /// <summary>The address as a peer must name it (with the port that was chosen, where the kernel chose one).</summary>
    string Address { get; }

    /// <summary>Waits for the next connection.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    IByteChannel Accept(CancellationToken cancellationToken);
}
