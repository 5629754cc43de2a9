namespace Savevm.States.Writing;

/// <summary>What is known of a machine's memory beside its name and its RAM blocks: from its command line, and from the state itself.</summary>
public sealed record LayoutFacts
{
    /// <summary>
    /// The blocks that together are the machine's RAM, in their order, where that is no single block of the usual name: with
    /// <c>-numa node,memdev=</c>, or when the memory backend has another name. Null to look for it.
    /// </summary>
    public IReadOnlyList<string>? MainBlocks { get; init; }

    /// <summary>The machine's property <c>max-ram-below-4g</c>, when it was set; 0 else.</summary>
    public long MaxRamBelow4G { get; init; }

    /// <summary>What was plugged in.</summary>
    public IReadOnlyList<PluggedModule> Modules { get; init; } = [];

    /// <summary>What the machine told its firmware about its memory; null where the state does not have it.</summary>
    public FirmwareMemory? Firmware { get; init; }

    /// <summary>Where memory above 4 GiB begins, as the machine told its guest; null where the state does not have it.</summary>
    public long? HighStart { get; init; }

    /// <summary>These facts, and what the state itself says.</summary>
    /// <exception cref="Machine.DamagedStateException">The RAM is not what was saved.</exception>
    public LayoutFacts With(SavedMachine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return this with
        {
            Firmware = FirmwareMemory.Find(machine.Devices.Sections),
            HighStart = AffinityTable.FindHighStart(machine.Ram),
            Modules = [.. Modules, .. VirtioMemoryPlace.Find(machine.Devices.Sections, machine.Ram.Blocks)],
        };
    }
}
