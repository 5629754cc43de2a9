namespace Savevm;

/// <summary>What a removal did.</summary>
/// <param name="Name">The name that the snapshot had.</param>
/// <param name="Merged">Overlays that are gone: their contents are in the images below them.</param>
/// <param name="Notes">What stays, and why: a sentence each.</param>
public sealed record RemoveReport(string Name, IReadOnlyList<string> Merged, IReadOnlyList<string> Notes)
{
    /// <summary>
    /// The guests of this user that run from it. They keep their memory; the space of what they have mapped comes back with the end of the last.
    /// </summary>
    public IReadOnlyList<RunningGuest> Guests { get; init; } = [];
}
