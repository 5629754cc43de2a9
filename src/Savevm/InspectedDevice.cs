namespace Savevm;

/// <summary>A device's state, taken apart.</summary>
/// <param name="Name">The device's name in the stream.</param>
/// <param name="InstanceId">Number among devices of the same name.</param>
/// <param name="VersionId">Version of its state.</param>
/// <param name="Offset">Offset of the section's body in the file; null in a snapshot.</param>
/// <param name="Bytes">Bytes of the body.</param>
public sealed record InspectedDevice(string Name, uint InstanceId, uint VersionId, long? Offset, int Bytes)
{
    /// <summary>Fields and subsections; empty where nothing describes the device.</summary>
    public IReadOnlyList<InspectedField> Fields { get; init; } = [];

    /// <summary>Forms that a person reads: registers, PCI configuration, virtqueues, timers.</summary>
    public IReadOnlyList<(string Path, string Text)> Lines { get; init; } = [];

    /// <summary>Bytes of the body that belong to fields with a name and a known meaning.</summary>
    public long DecodedBytes { get; init; }

    /// <summary>The state does not describe it; what other QEMUs said of such a device fits to the last byte.</summary>
    public bool IsFromCatalogue { get; init; }

    /// <summary>The raw body where nothing describes it; empty otherwise.</summary>
    public ReadOnlyMemory<byte> Raw { get; init; }

    /// <summary>Where its bytes contradict its description.</summary>
    public IReadOnlyList<InspectedDefect> Defects { get; init; } = [];
}
