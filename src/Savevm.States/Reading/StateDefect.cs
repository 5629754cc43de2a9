namespace Savevm.States.Reading;

/// <summary>Something in a saved state that is not as it must be.</summary>
/// <param name="Offset">Offset in the file.</param>
/// <param name="Finding">What is there, and what was expected: a sentence fragment.</param>
public sealed record StateDefect(long Offset, string Finding);
