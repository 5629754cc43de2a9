using Savevm.Machine.Ram;

namespace Savevm.States.Writing;

/// <summary>
/// The guest's physical memory: which part of which block lies where. RAM only: what firmware the guest sees in a ROM, and the memory of display
/// adapters, is none of it. Memory that was plugged in (DIMMs) is none either, since its place depends on devices.
/// </summary>
public sealed class PhysicalLayout
{
    private const long FourGiB = 1L << 32;
    private const string Firmware = "pc.bios";
    private const long MaxFirmwareBytes = 16 << 20;

    private static readonly string[] UsualNames = ["pc.ram", "mach-virt.ram", "microvm.ram"];

    private PhysicalLayout(IReadOnlyList<PhysicalRange> ranges, IReadOnlyList<PhysicalRange> rom)
    {
        Ranges = ranges;
        FirmwareRanges = rom;
    }

    /// <summary>The ranges in ascending order of addresses; they do not overlap.</summary>
    public IReadOnlyList<PhysicalRange> Ranges { get; }

    /// <summary>The firmware's ROM of a PC, which ends at 4 GiB; QEMU's own dumps have it. Empty where there is none.</summary>
    public IReadOnlyList<PhysicalRange> FirmwareRanges { get; }

    /// <summary>Bytes of all ranges.</summary>
    public long RamBytes => Ranges.Sum(range => range.Length);

    /// <summary>Where a machine of QEMU has its RAM.</summary>
    /// <param name="machineName">Machine class name, such as <c>pc-i440fx-7.2</c>.</param>
    /// <param name="blocks">Its RAM blocks.</param>
    /// <param name="mainBlocks">
    /// The blocks that together are the machine's RAM, in their order, where that is no single block of the usual name: with
    /// <c>-numa node,memdev=</c>, or when the memory backend has another name. Null to look for it.
    /// </param>
    /// <param name="maxRamBelow4G">The machine's property <c>max-ram-below-4g</c>, when it was set; 0 else.</param>
    /// <exception cref="PhysicalLayoutException">The machine is none of those that are known, or it is not clear which block is its RAM.</exception>
    public static PhysicalLayout Of(
        string? machineName, IReadOnlyList<RamBlock> blocks, IReadOnlyList<string>? mainBlocks = null, long maxRamBelow4G = 0)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        MachineFamily family = MachineFamilyTable.Find(machineName ?? "")
            ?? throw new PhysicalLayoutException(
                machineName is null ? "the state does not say which machine it is of" : $"where a machine {machineName} has its RAM is not known",
                "choose one RAM block by its name");
        RamBlock[] main = FindMain(blocks, mainBlocks);
        long total = main.Sum(block => block.UsedLength);
        long low = LowBytes(family, total, maxRamBelow4G);
        var ranges = new List<PhysicalRange>();
        long offset = 0;
        foreach (RamBlock block in main)
        {
            long below = Math.Clamp(low - offset, 0, block.UsedLength);
            if (below > 0)
                ranges.Add(new PhysicalRange(family.FirstAddress + offset, block.Index, 0, below));
            if (below < block.UsedLength)
                ranges.Add(new PhysicalRange(FourGiB + offset + below - low, block.Index, below, block.UsedLength - below));
            offset += block.UsedLength;
        }
        PhysicalRange[] rom = [.. blocks.Where(block => block.IdStr == Firmware && block.UsedLength <= MaxFirmwareBytes)
            .Select(block => new PhysicalRange(FourGiB - block.UsedLength, block.Index, 0, block.UsedLength))];
        return new PhysicalLayout(ranges, rom);
    }

    /// <summary>One block, from address 0 on.</summary>
    /// <exception cref="PhysicalLayoutException">There is no block of that name.</exception>
    public static PhysicalLayout OfBlock(string name, IReadOnlyList<RamBlock> blocks)
    {
        RamBlock block = Named(blocks, name);
        return new PhysicalLayout([new PhysicalRange(0, block.Index, 0, block.UsedLength)], []);
    }

    /// <summary>RAM and firmware together, in ascending order, as QEMU's own dumps have them.</summary>
    internal IReadOnlyList<PhysicalRange> WithFirmware() => [.. Ranges.Concat(FirmwareRanges).OrderBy(range => range.Address)];

    private static long LowBytes(MachineFamily family, long total, long maxRamBelow4G)
    {
        long splitFrom = maxRamBelow4G > 0 && family.SplitMoves ? maxRamBelow4G : family.SplitFrom;
        long low = total >= splitFrom ? Math.Min(family.LowBytes, splitFrom) : splitFrom;
        if (maxRamBelow4G > 0 && family.SplitFrom != long.MaxValue)
            low = Math.Min(low, maxRamBelow4G);
        return Math.Min(low, total);
    }

    private static RamBlock[] FindMain(IReadOnlyList<RamBlock> blocks, IReadOnlyList<string>? names)
    {
        if (names is not null)
            return [.. names.Select(name => Named(blocks, name))];
        if (blocks.FirstOrDefault(block => UsualNames.Contains(block.IdStr)) is { } usual)
            return [usual];
        RamBlock[] candidates = [.. blocks.Where(MayBeMain)];
        return candidates.Length == 1
            ? candidates
            : throw new PhysicalLayoutException(
                $"it is not clear which RAM blocks are the machine's memory; there are {string.Join(", ", blocks.Select(block => block.IdStr))}",
                "choose them by name, in the order in which the machine has them");
    }

    /// <summary>A memory backend has the name that its user gave; devices' blocks have a path or a name of these.</summary>
    private static bool MayBeMain(RamBlock block) =>
        !block.IdStr.StartsWith("/rom@", StringComparison.Ordinal)
        && !block.IdStr.StartsWith("pc.", StringComparison.Ordinal)
        && !block.IdStr.StartsWith("system.flash", StringComparison.Ordinal)
        && !block.IdStr.StartsWith("virt.flash", StringComparison.Ordinal)
        && !block.IdStr.Contains("vram", StringComparison.Ordinal)
        && !block.IdStr.EndsWith(".rom", StringComparison.Ordinal)
        && (!block.IdStr.Contains('/', StringComparison.Ordinal) || block.IdStr.StartsWith("/objects/", StringComparison.Ordinal));

    private static RamBlock Named(IReadOnlyList<RamBlock> blocks, string name) =>
        blocks.FirstOrDefault(block => block.IdStr == name)
        ?? throw new PhysicalLayoutException(
            $"there is no RAM block '{name}'", $"there are {string.Join(", ", blocks.Select(block => block.IdStr))}");
}
