namespace Savevm.Migration.Core;

/// <summary>One phase of a destination.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Action">What is done in it.</param>
/// <param name="State">What the world sees meanwhile.</param>
/// <param name="Authority">Who has the machine if everything ended here.</param>
public sealed record IncomingPhaseRow(IncomingPhase Phase, IncomingAction Action, MigrationState State, Authority Authority);
