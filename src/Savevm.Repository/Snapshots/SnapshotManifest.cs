using System.Text.Json.Nodes;
using Savevm.Repository.Sections;

namespace Savevm.Repository.Snapshots;

/// <summary>The manifest of a snapshot, as it was read. The format is described in docs/snapshot-format.md.</summary>
public sealed record SnapshotManifest
{
    /// <summary>The name that the snapshot was given when it was captured. The directory's name is the one that counts.</summary>
    public required string CapturedAs { get; init; }

    /// <summary>When the capture began (UTC).</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The version of savevm that wrote it.</summary>
    public required string SavevmVersion { get; init; }

    /// <summary>The run state of the guest when the capture began: <c>running</c> or <c>paused</c>.</summary>
    public required string RunState { get; init; }

    /// <summary>How it was captured.</summary>
    public required string Mode { get; init; }

    /// <summary>The user's tags.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>Names of the quirks that the capture obeyed.</summary>
    public required IReadOnlyList<string> Quirks { get; init; }

    /// <summary>The machine, as whoever captured it described it. Do not change it; it may be shared.</summary>
    public required JsonObject Machine { get; init; }

    /// <summary>The process that was captured. Do not change it; it may be shared.</summary>
    public required JsonObject Source { get; init; }

    /// <summary>The disks of the machine. Do not change it; it may be shared.</summary>
    public required JsonArray Disks { get; init; }

    /// <summary>The RAM blocks in stream order.</summary>
    public required IReadOnlyList<StoredRamBlock> RamBlocks { get; init; }

    /// <summary>The device file and its index.</summary>
    public required StoredDevices Devices { get; init; }

    /// <summary>The JSON description; null when the stream had none.</summary>
    public required StoredFile? Description { get; init; }

    /// <summary>The size of the guest's RAM in bytes, all blocks together.</summary>
    public long RamBytes => RamBlocks.Sum(stored => stored.Block.UsedLength);

    /// <summary>Bytes of RAM that are stored, holes not counted.</summary>
    public long DataBytes => RamBlocks.Sum(stored => stored.DataBytes);
}
