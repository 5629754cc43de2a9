namespace Savevm.Repository.Snapshots;

/// <summary>A snapshot in a listing.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Manifest">What its manifest says; null when that cannot be read.</param>
/// <param name="Problem">Why the manifest cannot be read, in a sentence; null when it can.</param>
public sealed record SnapshotEntry(string Name, SnapshotManifest? Manifest, string? Problem)
{
    /// <summary>The manifest is missing, damaged, or too new.</summary>
    public bool IsDamaged => Manifest is null;
}
