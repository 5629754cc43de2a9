namespace Savevm;

/// <summary>What <c>savevm capture</c> was asked to do. Exactly one of <see cref="QmpSocket"/> and <see cref="ListenUri"/> is set.</summary>
public sealed record CaptureRequest
{
    /// <summary>The folder of the repository.</summary>
    public required string RepositoryPath { get; init; }

    /// <summary>The name of the snapshot to make.</summary>
    public required string Name { get; init; }

    /// <summary>The QMP socket of the QEMU to capture: a path.</summary>
    public string? QmpSocket { get; init; }

    /// <summary>Where to wait for a QEMU that somebody else tells to migrate: an address as QEMU writes it.</summary>
    public string? ListenUri { get; init; }

    /// <summary>How; null when it was not asked for: live, unless the quirk table knows better.</summary>
    public CaptureMode? Mode { get; init; }

    /// <summary>What becomes of the guest afterwards.</summary>
    public AfterCapture After { get; init; } = AfterCapture.Run;

    /// <summary>The folder for the overlays in which the source's disks go on; null for beside each image.</summary>
    public string? OverlayFolder { get; init; }

    /// <summary>Leave the disks alone (<c>--disks ignore</c>): somebody else keeps them as they are at the snapshot's instant.</summary>
    public bool IgnoreDisks { get; init; }

    /// <summary>Bytes per second at most; null for no limit.</summary>
    public long? BandwidthBytesPerSecond { get; init; }

    /// <summary>How long the guest may stand still for the last round; null for QEMU's own limit.</summary>
    public TimeSpan? DowntimeLimit { get; init; }

    /// <summary>How long the whole may take; null for ever.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Tags to store with the snapshot.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}
