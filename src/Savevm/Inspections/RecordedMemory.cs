using System.Globalization;
using Savevm.Machine.Ram;
using Savevm.Qemu.CommandLine;
using Savevm.Recorded;
using Savevm.States.Writing;

namespace Savevm.Inspections;

/// <summary>What a snapshot's manifest says about where the machine has its memory: what QEMU said at the capture, and the command line.</summary>
internal static class RecordedMemory
{
    internal static LayoutFacts Of(RecordedMachine machine, RecordedSource source, IReadOnlyList<RamBlock> blocks)
    {
        PluggedModule[] said = [.. machine.RamBlocks.Where(block => block.Address is not null).Select(block => new PluggedModule(block.Name, block.Address))];
        LayoutFacts facts = source.Arguments.Count == 0 ? new() : OfLine(source.Arguments, blocks);
        return facts with { Modules = [.. said, .. facts.Modules] };
    }

    private static LayoutFacts OfLine(IReadOnlyList<string> arguments, IReadOnlyList<RamBlock> blocks)
    {
        try
        {
            QemuCommandLine line = QemuCommandLine.Parse(arguments);
            return new LayoutFacts { MainBlocks = MainBlocks(line, blocks), MaxRamBelow4G = Bound(line), Modules = [.. Modules(line)] };
        }
        catch (CommandLineRefusedException)
        {
            // A person may have given it with the import. The state alone says less, but nothing wrong.
            return new LayoutFacts();
        }
    }

    private static long Bound(QemuCommandLine line) => MachineProperty(line, "max-ram-below-4g") is { } text ? SizeText.Parse(text, 1) ?? 0 : 0;

    private static string? MachineProperty(QemuCommandLine line, string name) =>
        line.All("machine").Select(option => OptionValue.Parse(option.Text, "type").Text(name)).LastOrDefault(value => value is not null);

    /// <summary>The blocks of the nodes in their order, or of the backend that is the memory; null where neither is named.</summary>
    private static IReadOnlyList<string>? MainBlocks(QemuCommandLine line, IReadOnlyList<RamBlock> blocks)
    {
        string[] names = [.. Nodes(line)];
        if (names.Length == 0)
        {
            if (MachineProperty(line, "memory-backend") is not { } backend)
                return null;
            names = [backend];
        }
        // Machine types up to 4.0 name the block by the backend's whole path.
        string?[] found = [.. names.Select(name => blocks.FirstOrDefault(block => block.IdStr == name || block.IdStr == "/objects/" + name)?.IdStr)];
        return found.Contains(null) ? null : [.. found.OfType<string>()];
    }

    private static SortedDictionary<long, string>.ValueCollection Nodes(QemuCommandLine line)
    {
        var nodes = new SortedDictionary<long, string>();
        long next = 0;
        foreach (QemuOption option in line.All("numa"))
        {
            OptionValue value = OptionValue.Parse(option.Text, "type");
            if (value.Text("type") != "node")
                continue;
            long node = long.TryParse(value.Text("nodeid"), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : next;
            next++;
            if (value.Text("memdev") is { } backend)
                nodes[node] = backend;
        }
        return nodes.Values;
    }

    private static IEnumerable<PluggedModule> Modules(QemuCommandLine line)
    {
        foreach (QemuOption option in line.All("device"))
        {
            OptionValue value = OptionValue.Parse(option.Text, "driver");
            string driver = value.Text("driver") ?? "";
            string? property = driver switch
            {
                "pc-dimm" or "nvdimm" => "addr",
                _ when driver.StartsWith("virtio-mem", StringComparison.Ordinal) || driver.StartsWith("virtio-pmem", StringComparison.Ordinal) => "memaddr",
                _ => null,
            };
            if (property is null || value.Text("memdev") is not { } backend)
                continue;
            // An address of zero is QEMU's word for none.
            long? address = value.Text(property) is { } text && SizeText.Parse(text, 1) is > 0 and var number ? number : null;
            yield return new PluggedModule(backend, address);
        }
    }
}
