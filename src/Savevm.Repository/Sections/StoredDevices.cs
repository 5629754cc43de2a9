using Savevm.Machine.VMState;

namespace Savevm.Repository.Sections;

/// <summary>What the manifest says about the device file.</summary>
public sealed record StoredDevices
{
    /// <summary>Size of the device file in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>XXH3-64 of the device file.</summary>
    public required ulong Checksum { get; init; }

    /// <summary>The machine class name of the configuration section; null when the stream had none.</summary>
    public required string? MachineName { get; init; }

    /// <summary>Bytes of the configuration's subsections, which follow the machine name.</summary>
    public required int ConfigurationBytes { get; init; }

    /// <summary>Section id of the RAM section.</summary>
    public required uint RamSectionId { get; init; }

    /// <summary>The device sections in stream order.</summary>
    public required IReadOnlyList<StoredSection> Sections { get; init; }

    /// <summary>The commands that were seen on the main stream.</summary>
    public required IReadOnlyList<RecordedCommand> Commands { get; init; }
}
