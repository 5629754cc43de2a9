namespace Savevm;

/// <summary>What a verification found.</summary>
/// <param name="Name">What was verified.</param>
/// <param name="Forms">The forms around the stream, from the outside to the inside.</param>
public sealed record VerifyReport(string Name, IReadOnlyList<string> Forms)
{
    /// <summary>Bytes that were read of the stream, or of a snapshot's RAM.</summary>
    public required long BytesRead { get; init; }

    /// <summary>What was checked, a sentence each.</summary>
    public required IReadOnlyList<string> Checks { get; init; }

    /// <summary>Everything that is not as it must be; empty for a state in order.</summary>
    public required IReadOnlyList<InspectedDefect> Defects { get; init; }

    /// <summary>Defects beyond those that are listed.</summary>
    public long UnlistedDefects { get; init; }

    /// <summary>What is worth knowing and no damage.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
}
