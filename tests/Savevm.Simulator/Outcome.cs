using Savevm.Migration;

namespace Savevm.Simulator;

/// <summary>How a run ended that showed no fault.</summary>
/// <param name="Source">State of the source.</param>
/// <param name="Destination">State of the destination.</param>
/// <param name="Steps">Decisions of the scheduler.</param>
/// <param name="Fingerprint">All of them in one number: equal for equal runs.</param>
/// <param name="RunsNowhere">
/// The connection broke between the destination's word and the source's answer to it: the source knows that everything is there, the destination
/// does not know that the source does, and neither lets it run. No protocol can avoid that; both have all of the machine.
/// </param>
/// <param name="IsPostcopy">Postcopy was allowed.</param>
/// <param name="IsStill">The machine stood still from the beginning.</param>
/// <param name="Recoveries">How often postcopy went on over a new connection.</param>
/// <param name="BrokenRecoveries">How often a new connection broke before both sides had agreed to go on.</param>
internal sealed record Outcome(
    MigrationState Source, MigrationState Destination, int Steps, ulong Fingerprint, bool RunsNowhere, bool IsPostcopy, bool IsStill, int Recoveries, int BrokenRecoveries);
