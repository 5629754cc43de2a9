namespace Savevm;

/// <summary>What <c>savevm replay</c> was asked to do.</summary>
/// <param name="Path">The recording.</param>
/// <param name="ConnectUri">Where the destination waits.</param>
public sealed record ReplayRequest(string Path, string ConnectUri)
{
    /// <summary>How long to wait for an answer of the destination; null for ever.</summary>
    public TimeSpan? Timeout { get; init; }
}
