using Savevm.Machine.Ram;
using Savevm.Wire.Dialects;

namespace Savevm.States.Writing;

/// <summary>
/// The guest's physical memory: which part of which block lies where. RAM only: what firmware the guest sees in a ROM, and the memory of display
/// adapters, is none of it. Memory that was plugged in is part of it where its address is known; where not, it is left out and named, since QEMU's
/// choice depends on the order of devices, which no state tells.
/// </summary>
public sealed class PhysicalLayout
{
    private const long FourGiB = 1L << 32, OneGiB = 1L << 30, HyperTransport = 0xfd00000000, MaxAddress = 1L << 52;
    private const string Firmware = "pc.bios";
    private const long MaxFirmwareBytes = 16 << 20;

    private static readonly QemuRelease FirstThatMoves = new(7, 1);
    private static readonly string[] UsualNames = ["pc.ram", "mach-virt.ram", "microvm.ram"];

    private PhysicalLayout(IReadOnlyList<PhysicalRange> ranges, IReadOnlyList<PhysicalRange> rom, IReadOnlyList<string> leftOut)
    {
        Ranges = ranges;
        FirmwareRanges = rom;
        LeftOut = leftOut;
    }

    /// <summary>The ranges in ascending order of addresses; they do not overlap.</summary>
    public IReadOnlyList<PhysicalRange> Ranges { get; }

    /// <summary>The firmware's ROM of a PC, which ends at 4 GiB; QEMU's own dumps have it. Empty where there is none.</summary>
    public IReadOnlyList<PhysicalRange> FirmwareRanges { get; }

    /// <summary>The RAM blocks of plugged memory whose address is not known. They are in no range, so that none is in a wrong place.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary>Bytes of all ranges.</summary>
    public long RamBytes => Ranges.Sum(range => range.Length);

    /// <summary>Where a machine of QEMU has its RAM.</summary>
    /// <param name="machineName">Machine class name, such as <c>pc-i440fx-7.2</c>.</param>
    /// <param name="blocks">Its RAM blocks.</param>
    /// <param name="facts">What else is known; null for nothing.</param>
    /// <exception cref="PhysicalLayoutException">The machine is none of those that are known, or it is not clear where its RAM lies.</exception>
    public static PhysicalLayout Of(string? machineName, IReadOnlyList<RamBlock> blocks, LayoutFacts? facts = null)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        facts ??= new LayoutFacts();
        MachineFamily family = MachineFamilyTable.Find(machineName ?? "")
            ?? throw new PhysicalLayoutException(
                machineName is null ? "the state does not say which machine it is of" : $"where a machine {machineName} has its RAM is not known",
                "choose one RAM block by its name");
        RamBlock[] main = FindMain(blocks, facts);
        long total = main.Sum(block => block.UsedLength);
        long low = LowBytes(family, total, facts);
        long highStart = low < total ? HighStart(family, machineName!, total - low, facts) : FourGiB;
        var ranges = new List<PhysicalRange>();
        long offset = 0;
        foreach (RamBlock block in main)
        {
            long below = Math.Clamp(low - offset, 0, block.UsedLength);
            if (below > 0)
                ranges.Add(new PhysicalRange(family.FirstAddress + offset, block.Index, 0, below));
            if (below < block.UsedLength)
                ranges.Add(new PhysicalRange(highStart + offset + below - low, block.Index, below, block.UsedLength - below));
            offset += block.UsedLength;
        }
        PhysicalRange[] rom = [.. blocks.Where(block => block.IdStr == Firmware && block.UsedLength <= MaxFirmwareBytes)
            .Select(block => new PhysicalRange(FourGiB - block.UsedLength, block.Index, 0, block.UsedLength))];
        RamBlock[] others = [.. blocks.Where(block => !main.Contains(block) && (MayBeMain(block) || facts.Modules.Any(module => module.Owns(block.IdStr))))];
        PhysicalRange[] plugged = [.. others.Select(block => Plugged(block, facts)).OfType<PhysicalRange>()];
        ranges = [.. ranges.Concat(plugged).OrderBy(range => range.Address)];
        CheckOverlap([.. ranges.Concat(rom).OrderBy(range => range.Address)], blocks);
        return new PhysicalLayout(ranges, rom, [.. others.Where(block => !plugged.Any(range => range.BlockIndex == block.Index)).Select(block => block.IdStr)]);
    }

    /// <summary>One block, from address 0 on.</summary>
    /// <exception cref="PhysicalLayoutException">There is no block of that name.</exception>
    public static PhysicalLayout OfBlock(string name, IReadOnlyList<RamBlock> blocks)
    {
        RamBlock block = Named(blocks, name);
        return new PhysicalLayout([new PhysicalRange(0, block.Index, 0, block.UsedLength)], [], []);
    }

    /// <summary>RAM and firmware together, in ascending order, as QEMU's own dumps have them.</summary>
    internal IReadOnlyList<PhysicalRange> WithFirmware() => [.. Ranges.Concat(FirmwareRanges).OrderBy(range => range.Address)];

    private static long LowBytes(MachineFamily family, long total, LayoutFacts facts)
    {
        long bound = facts.MaxRamBelow4G;
        long splitFrom = bound > 0 && family.SplitMoves ? bound : family.SplitFrom;
        long low = total >= splitFrom ? Math.Min(family.LowBytes, splitFrom) : splitFrom;
        if (bound > 0 && family.SplitFrom != long.MaxValue)
            low = Math.Min(low, bound);
        low = Math.Min(low, total);
        if (facts.Firmware is not { } told || told.Fits(low, total))
            return low;
        // Another split than the usual one: what the machine itself said counts, when it is of as much memory.
        return bound == 0 && told.Low < FourGiB && told.Fits(told.Low, total)
            ? told.Low
            : throw new PhysicalLayoutException(
                $"the machine told its firmware of {told.Low} bytes below 4 GiB and {told.High} above, which does not fit its RAM of {total} bytes",
                "choose one RAM block by its name");
    }

    /// <summary>Where memory above 4 GiB begins: there, unless the machine's addresses would reach what AMD's processors keep for HyperTransport.</summary>
    private static long HighStart(MachineFamily family, string machineName, long high, LayoutFacts facts)
    {
        if (facts.HighStart is { } told)
            return told;
        // Only the type of the processor would tell, and no state has that.
        bool mayMove = family.PciHoleBytes > 0 && !(QemuRelease.TryParseMachine(machineName, out QemuRelease release) && release < FirstThatMoves);
        long roundedUp = (FourGiB + high + OneGiB - 1) & -OneGiB;
        return mayMove && roundedUp + family.PciHoleBytes > HyperTransport
            ? throw new PhysicalLayoutException(
                "so much RAM begins at 1 TiB instead of 4 GiB where the processor is one of AMD, and the state does not tell", "choose one RAM block by its name")
            : FourGiB;
    }

    private static PhysicalRange? Plugged(RamBlock block, LayoutFacts facts)
    {
        long[] addresses = [.. facts.Modules.Where(module => module.Owns(block.IdStr)).Select(module => module.Address).OfType<long>().Distinct()];
        if (addresses.Length > 1)
            throw new PhysicalLayoutException($"the RAM block {block.IdStr} is said to lie at 0x{addresses[0]:x} and at 0x{addresses[1]:x}", "choose one RAM block by its name");
        return addresses.Length == 0 ? null : new PhysicalRange(addresses[0], block.Index, 0, block.UsedLength);
    }

    private static void CheckOverlap(IReadOnlyList<PhysicalRange> ranges, IReadOnlyList<RamBlock> blocks)
    {
        long end = 0;
        foreach (PhysicalRange range in ranges)
        {
            if (range.Address < end || range.Address > MaxAddress - range.Length || range.Address % RamBlock.PageSize != 0)
            {
                throw new PhysicalLayoutException(
                    $"the RAM block {blocks[range.BlockIndex].IdStr} cannot lie at 0x{range.Address:x}", "choose one RAM block by its name");
            }
            end = range.Address + range.Length;
        }
    }

    private static RamBlock[] FindMain(IReadOnlyList<RamBlock> blocks, LayoutFacts facts)
    {
        if (facts.MainBlocks is { } names)
            return [.. names.Select(name => Named(blocks, name))];
        if (blocks.FirstOrDefault(block => UsualNames.Contains(block.IdStr)) is { } usual)
            return [usual];
        RamBlock[] candidates = [.. blocks.Where(block => MayBeMain(block) && !facts.Modules.Any(module => module.Owns(block.IdStr)))];
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
