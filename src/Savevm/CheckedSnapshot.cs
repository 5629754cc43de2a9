namespace Savevm;

/// <summary>What a check found in one snapshot.</summary>
/// <param name="Name">The snapshot.</param>
/// <param name="BytesRead">Bytes of RAM that were compared with their checksums, holes included; 0 without <c>--read-data</c>.</param>
/// <param name="Defects">Everything that is not as it was saved; empty for a snapshot in order.</param>
public sealed record CheckedSnapshot(string Name, long BytesRead, IReadOnlyList<SnapshotDefect> Defects)
{
    /// <summary>What is worth knowing and no damage, such as files that do not belong there.</summary>
    public IReadOnlyList<SnapshotDefect> Remarks { get; init; } = [];
}
