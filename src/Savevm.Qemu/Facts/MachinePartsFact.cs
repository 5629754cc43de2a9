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

    /// <summary>
    /// Where the devices that somebody asked for sit, by their paths; those that sit on no bus, and those whose place cannot be told from that of
    /// another one, are missing.
    /// </summary>
    public IReadOnlyDictionary<string, PlacedDeviceFact> PlacesOfDevices()
    {
        var places = new Dictionary<string, PlacedDeviceFact>(StringComparer.Ordinal);
        var named = Places.Where(place => place.Id is not null).GroupBy(place => place.Id!).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        foreach (var device in Devices.Where(device => device.Id is not null && named.ContainsKey(device.Id)))
        {
            places[device.Path] = named[device.Id!];
        }

        // Without an id: of each model and bus the newest stand first, and what the board brought along is the oldest.
        foreach (var model in Devices.Where(device => device.Id is null).GroupBy(device => device.Type, StringComparer.Ordinal))
        {
            PlacedDeviceFact[] candidates = [.. Places.Where(place => place.Id is null && place.Type == model.Key)];
            if (candidates.Select(place => place.Bus).Distinct().Count() > 1)
            {
                // Over several buses there is no common order.
                continue;
            }

            foreach (var (device, place) in model.OrderByDescending(device => device.AnonymousNumber).Zip(candidates))
            {
                places[device.Path] = place;
            }
        }

        return places;
    }
}
