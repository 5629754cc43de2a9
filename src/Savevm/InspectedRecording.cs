namespace Savevm;

/// <summary>What a migration recording holds beside the stream.</summary>
public sealed record InspectedRecording
{
    /// <summary>The connections, in the order in which the source opened them.</summary>
    public required IReadOnlyList<InspectedConnection> Connections { get; init; }

    /// <summary>From the beginning to the last record.</summary>
    public required TimeSpan Length { get; init; }

    /// <summary>The migration was over and nothing is missing.</summary>
    public required bool IsWhole { get; init; }

    /// <summary>Bytes of a last record that was cut.</summary>
    public required int CutBytes { get; init; }

    /// <summary>The destination's answers to pings.</summary>
    public required IReadOnlyList<uint> Pongs { get; init; }

    /// <summary>How often the destination asked for pages.</summary>
    public required long PageRequests { get; init; }

    /// <summary>How many different host pages it asked for.</summary>
    public required int RequestedPages { get; init; }

    /// <summary>The destination's last word, 0 for success; null when it said none.</summary>
    public required uint? Shut { get; init; }

    /// <summary>How many received bitmaps it sent: a recovery.</summary>
    public required int Bitmaps { get; init; }
}
