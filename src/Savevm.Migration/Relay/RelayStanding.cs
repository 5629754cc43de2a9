namespace Savevm.Migration.Relay;

/// <summary>Where a postcopy stands that goes through a relay.</summary>
/// <param name="MissingPages">Pages that only the source has.</param>
/// <param name="HeldPages">Pages that are here and of which it is not known that the destination has them.</param>
/// <param name="HasSource">The source is connected.</param>
/// <param name="HasDestination">The destination is connected.</param>
public sealed record RelayStanding(long MissingPages, long HeldPages, bool HasSource, bool HasDestination);
