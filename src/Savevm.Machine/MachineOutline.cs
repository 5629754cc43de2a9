namespace Savevm.Machine;

/// <summary>What a stream says of a machine before it stands still.</summary>
/// <param name="MachineName">The machine's name in the configuration section; null for a stream without that section.</param>
/// <param name="RamSectionId">Number of the RAM section; no device section has it.</param>
public sealed record MachineOutline(string? MachineName, uint RamSectionId)
{
    /// <summary>The configuration's subsections as they travel; usually empty.</summary>
    public ReadOnlyMemory<byte> ConfigurationSubsections { get; init; }

    /// <summary>The first of the numbers that no section has: for live sections beside RAM.</summary>
    public uint FirstFreeSectionId { get; init; } = RamSectionId + 1;
}
