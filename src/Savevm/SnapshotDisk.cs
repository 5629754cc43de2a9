namespace Savevm;

/// <summary>A disk of the captured machine.</summary>
public sealed record SnapshotDisk
{
    /// <summary>What a person would call it.</summary>
    public required string Device { get; init; }

    /// <summary>The guest cannot write to it.</summary>
    public required bool IsReadOnly { get; init; }

    /// <summary>The size that the guest sees, in bytes; 0 for a drive without a medium.</summary>
    public required long Bytes { get; init; }

    /// <summary>The images it consists of, topmost first: path and format. Empty for a drive without a medium, and where they are no files.</summary>
    public required IReadOnlyList<(string Path, string Format)> Chain { get; init; }

    /// <summary>What is different about it since the capture, one clause; null when nothing is.</summary>
    public string? Difference { get; init; }

    /// <summary>The image in which the captured QEMU went on; null where it did not.</summary>
    public string? Overlay { get; init; }

    /// <summary>Images that stand on it, and whose they are: the source's, other snapshots', resumed guests'.</summary>
    public IReadOnlyList<(string Path, string Owner)> StandingOn { get; init; } = [];
}
