namespace Savevm;

/// <summary>A snapshot in one line of a list. What the manifest does not tell is null.</summary>
public sealed record SnapshotSummary
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>When it was taken.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The size of the guest's RAM in bytes, all RAM blocks together.</summary>
    public required long GuestBytes { get; init; }

    /// <summary>Bytes of RAM that are stored, holes not counted.</summary>
    public required long DataBytes { get; init; }

    /// <summary>How it was taken: <c>live</c>, <c>background</c>, <c>stop</c>.</summary>
    public string? Mode { get; init; }

    /// <summary>The machine type, such as <c>pc-i440fx-7.2</c>.</summary>
    public string? Machine { get; init; }

    /// <summary>The version of the QEMU that saved it.</summary>
    public string? QemuVersion { get; init; }

    /// <summary>The accelerator, such as <c>tcg</c>.</summary>
    public string? Accelerator { get; init; }

    /// <summary>The guest's run state when the capture began, as <c>query-status</c> spells it.</summary>
    public string? RunState { get; init; }

    /// <summary>Its tags.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Why it cannot be read; null for a snapshot in order. The sizes are then 0.</summary>
    public string? Defect { get; init; }
}
