using System.Text.Json.Nodes;

namespace Savevm.Repository.Snapshots;

/// <summary>
/// What whoever captures a machine knows about it beside its state. The repository stores it and never interprets it, except for the
/// sizes. <see cref="Machine"/>, <see cref="Source"/> and <see cref="Disks"/> are free JSON whose fields are listed in
/// docs/snapshot-format.md; fields may be added there at any time.
/// </summary>
public sealed record SnapshotFacts
{
    /// <summary>When the capture began.</summary>
    public DateTimeOffset Created { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>The run state of the guest when the capture began: <c>running</c> or <c>paused</c>.</summary>
    public required string RunState { get; init; }

    /// <summary>How it was captured: <c>live</c>, <c>background</c>, <c>stop</c> or <c>listen</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>The user's tags.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Names of the quirks that the capture obeyed.</summary>
    public IReadOnlyList<string> Quirks { get; init; } = [];

    /// <summary>The machine: machine type, accelerator, memory, processors and so on.</summary>
    public JsonObject Machine { get; init; } = [];

    /// <summary>The process that was captured: QEMU's version, executable, argv, cwd, env, pid and so on.</summary>
    public JsonObject Source { get; init; } = [];

    /// <summary>The disks of the machine; they are not part of the snapshot.</summary>
    public JsonArray Disks { get; init; } = [];
}
