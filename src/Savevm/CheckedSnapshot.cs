namespace Savevm;

/// <summary>What a check found in one snapshot.</summary>
/// <param name="Name">The snapshot.</param>
/// <param name="BytesRead">Bytes of RAM that were read and compared with their checksums; 0 without <c>--read-data</c>.</param>
/// <param name="Defects">Everything that is wrong; empty for a snapshot in order.</param>
public sealed record CheckedSnapshot(string Name, long BytesRead, IReadOnlyList<SnapshotDefect> Defects);
