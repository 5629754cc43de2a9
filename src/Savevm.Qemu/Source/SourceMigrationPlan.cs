namespace Savevm.Qemu.Source;

/// <summary>How a live QEMU is to send its state.</summary>
public sealed record SourceMigrationPlan
{
    /// <summary>How the guest is treated meanwhile.</summary>
    public required SourceMode Mode { get; init; }

    /// <summary>Bytes per second at most; null for no limit. QEMU ignores it in background mode.</summary>
    public long? BandwidthBytesPerSecond { get; init; }

    /// <summary>How long the guest may stand still for the last round; null leaves QEMU's own limit.</summary>
    public TimeSpan? DowntimeLimit { get; init; }

    /// <summary>The reader answers on the return path. Never used in background mode, which QEMU does not combine with it.</summary>
    public bool UseReturnPath { get; init; } = true;

    /// <summary>
    /// Run while the guest stands still, before the migration starts; in background mode it is stopped for that, and
    /// <see cref="QemuSource.LetRunAsync"/> must be called once RAM is on the wire. Null for nothing to do.
    /// </summary>
    public Func<CancellationToken, Task>? WhileStopped { get; init; }

    /// <summary>What else QEMU is to be told when this process dies without a word; harmless when it comes too late.</summary>
    public IEnumerable<Qmp.QmpCommand> UndoCommands { get; init; } = [];
}
