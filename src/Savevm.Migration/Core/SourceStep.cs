namespace Savevm.Migration.Core;

/// <summary>One legal step of a source.</summary>
/// <param name="Phase">Phase before.</param>
/// <param name="Event">What happened.</param>
/// <param name="Next">Phase after.</param>
public sealed record SourceStep(SourcePhase Phase, SourceEvent Event, SourcePhase Next);
