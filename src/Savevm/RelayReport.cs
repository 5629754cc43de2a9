namespace Savevm;

/// <summary>What a relay carried.</summary>
public sealed record RelayReport
{
    /// <summary>Bytes from the source.</summary>
    public required long ForwardBytes { get; init; }

    /// <summary>Bytes from the destination.</summary>
    public required long BackwardBytes { get; init; }

    /// <summary>Connections that the source opened.</summary>
    public required int Connections { get; init; }

    /// <summary>The relay understood the stream.</summary>
    public required bool Followed { get; init; }

    /// <summary>The guest went over before its RAM.</summary>
    public required bool Postcopy { get; init; }

    /// <summary>Host pages that the destination asked for.</summary>
    public required long RequestedPages { get; init; }

    /// <summary>Those of them that the relay had already.</summary>
    public required long AnsweredPages { get; init; }

    /// <summary>How often a side came back after its connection broke.</summary>
    public required int Recoveries { get; init; }

    /// <summary>The source was gone before the end, and was not needed.</summary>
    public required bool SourceWasLost { get; init; }

    /// <summary>Bytes of the recording; null without one.</summary>
    public long? RecordedBytes { get; init; }

    /// <summary>From the source's first connection to the end.</summary>
    public required TimeSpan Elapsed { get; init; }
}
