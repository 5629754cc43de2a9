namespace Savevm.Resumes;

/// <summary>How guests are brought back, and why so.</summary>
/// <param name="Mode">The mode; never auto.</param>
/// <param name="Reason">Why it was chosen, in a sentence fragment; null where it was asked for.</param>
internal sealed record ChosenMode(ResumeMode Mode, string? Reason = null);
