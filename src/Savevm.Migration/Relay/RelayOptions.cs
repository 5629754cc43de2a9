namespace Savevm.Migration.Relay;

/// <summary>How a relay works, and whom it tells.</summary>
public sealed record RelayOptions
{
    /// <summary>The least that can be kept.</summary>
    public const long MinKeepBytes = 4 << 20;

    /// <summary>The most memory for pages that the source has sent and the destination does not have yet.</summary>
    public long KeepBytes { get; init; } = 256 << 20;

    /// <summary>What the destination gets per second at most; null for no limit. Pages that it asks for do not wait.</summary>
    public long? BandwidthBytesPerSecond { get; init; }

    /// <summary>How long the destination may take to accept a connection of a migration that begins.</summary>
    public TimeSpan ConnectPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long to wait for a source, and for either side to return; null for ever.</summary>
    public TimeSpan? WaitLimit { get; init; }

    /// <summary>Is told everything that passes; null where nothing is recorded.</summary>
    public IRelayRecorder? Recorder { get; init; }

    /// <summary>A sentence worth knowing. Called from any thread of the relay.</summary>
    public Action<string> Note { get; init; } = static _ => { };

    /// <summary>A sentence about something that may hurt. Called from any thread of the relay.</summary>
    public Action<string> Warn { get; init; } = static _ => { };

    /// <summary>Every page that the destination lacks is here: from now on the source is not needed.</summary>
    public Action SourceNotNeeded { get; init; } = static () => { };
}
