namespace Savevm;

/// <summary>What <c>savevm rm</c> was asked to do with one snapshot.</summary>
public sealed record RemoveRequest
{
    /// <summary>The folder of the repository.</summary>
    public required string RepositoryPath { get; init; }

    /// <summary>The name of the snapshot.</summary>
    public required string Name { get; init; }

    /// <summary>The monitor of a QEMU that has the snapshot's disks open; null for the one through which it was captured.</summary>
    public string? QmpSocket { get; init; }

    /// <summary>Remove what guests of the snapshot wrote, too, when they have ended.</summary>
    public bool RemoveGuestDisks { get; init; }
}
