namespace Savevm.Machine.VMState;

/// <summary>Everything in a stream that is not RAM, in stream order.</summary>
public sealed record DeviceState
{
    /// <summary>The machine class name of the configuration section, such as <c>pc-i440fx-7.2</c>; null when the stream had none.</summary>
    public string? MachineName { get; init; }

    /// <summary>The configuration's subsections as they travelled; usually empty.</summary>
    public ReadOnlyMemory<byte> ConfigurationSubsections { get; init; }

    /// <summary>Section id of the RAM section, so that a replay uses the sender's number.</summary>
    public uint RamSectionId { get; init; }

    /// <summary>The device sections in stream order.</summary>
    public required IReadOnlyList<DeviceSection> Sections { get; init; }

    /// <summary>The commands seen on the main stream, in order; for the record only.</summary>
    public IReadOnlyList<RecordedCommand> Commands { get; init; } = [];

    /// <summary>The JSON description that trailed the stream; empty when there was none.</summary>
    public ReadOnlyMemory<byte> Description { get; init; }
}
