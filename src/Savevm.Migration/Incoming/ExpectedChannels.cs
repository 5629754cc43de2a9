namespace Savevm.Migration.Incoming;

/// <summary>
/// Which connections a source will make. Nothing of it is negotiated: both sides were told, as QEMU is by its capabilities and by
/// <c>multifd-channels</c>.
/// </summary>
public sealed record ExpectedChannels
{
    /// <summary>Number of multifd channels; 0 without multifd, 255 at most.</summary>
    public int Multifd { get; init; }

    /// <summary>A second connection for requested pages comes at once, before the stream is read (postcopy-preempt, as QEMU 7.2 does it).</summary>
    public bool Preempt { get; init; }

    /// <summary>How long all of them may take together, from the first on; the first may take for ever.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
