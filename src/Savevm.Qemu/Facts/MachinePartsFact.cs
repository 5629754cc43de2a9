namespace Savevm.Qemu.Facts;

/// <summary>What a live QEMU consists of at this moment, whatever its command line once said.</summary>
public sealed record MachinePartsFact
{
    /// <summary>The devices that somebody asked for.</summary>
    public IReadOnlyList<PluggedDeviceFact> Devices { get; init; } = [];

    /// <summary>All devices that sit on a bus, the board's own included.</summary>
    public IReadOnlyList<PlacedDeviceFact> Places { get; init; } = [];

    /// <summary>Its user-made objects, and the memory backend that QEMU makes for <c>-m</c>.</summary>
    public IReadOnlyList<LiveObjectFact> Objects { get; init; } = [];

    /// <summary>Its character devices.</summary>
    public IReadOnlyList<CharacterDeviceFact> CharacterDevices { get; init; } = [];

    /// <summary>Its network backends.</summary>
    public IReadOnlyList<NetworkBackendFact> NetworkBackends { get; init; } = [];

    /// <summary>Its memory modules.</summary>
    public IReadOnlyList<MemoryDeviceFact> MemoryDevices { get; init; } = [];

    /// <summary>Its RAM blocks, firmware included.</summary>
    public IReadOnlyList<RamBlockFact> RamBlocks { get; init; } = [];

    /// <summary>The type of its first processor, such as <c>qemu64-x86_64-cpu</c>; null where it does not say.</summary>
    public string? CpuType { get; init; }

    /// <summary>The CPUID words of that processor, as <c>00000007:0.EBX=218c07ab</c>; empty where QEMU does not say.</summary>
    public IReadOnlyList<string> CpuFeatureWords { get; init; } = [];

    /// <summary>
    /// Everything above was read. Where it is false (a QEMU that does not answer such questions), nothing may be concluded from what is missing.
    /// </summary>
    public bool IsComplete { get; init; }
}
