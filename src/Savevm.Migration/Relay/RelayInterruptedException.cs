namespace Savevm.Migration.Relay;

/// <summary>The relay ended in postcopy, before the destination had everything. Nothing is lost as long as the source keeps its memory.</summary>
/// <param name="standing">Where it stood.</param>
/// <param name="cause">Why it ended.</param>
public sealed class RelayInterruptedException(RelayStanding standing, Exception? cause)
    : Exception(cause?.Message ?? "the relay was ended", cause)
{
    /// <summary>Where it stood.</summary>
    public RelayStanding Standing { get; } = standing;
}
