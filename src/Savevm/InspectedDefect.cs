namespace Savevm;

/// <summary>Something in a saved state that is not as it must be.</summary>
/// <param name="Offset">Its offset in the file, or in what is unpacked of it; null where it has none.</param>
/// <param name="Finding">What is there, and what was expected.</param>
public sealed record InspectedDefect(long? Offset, string Finding);
