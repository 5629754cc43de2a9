namespace Savevm.Migration.Core;

/// <summary>One phase of a source.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Action">What is done in it.</param>
/// <param name="State">What the world sees meanwhile; null: what it saw before.</param>
/// <param name="Authority">Who has the machine if everything ended here.</param>
public sealed record SourcePhaseRow(SourcePhase Phase, SourceAction Action, MigrationState? State, Authority Authority);
