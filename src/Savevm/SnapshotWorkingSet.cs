namespace Savevm;

/// <summary>The pages of a snapshot that resumed guests asked for: what a lazy resume sends before the guest runs.</summary>
/// <param name="Pages">Number of pages; 0 when it cannot be used.</param>
/// <param name="Bytes">Bytes of guest memory that these are.</param>
/// <param name="ResumeCount">How many resumes contributed.</param>
/// <param name="Defect">Why it cannot be used; null for one in order.</param>
public sealed record SnapshotWorkingSet(int Pages, long Bytes, long ResumeCount, string? Defect = null);
