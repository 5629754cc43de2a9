using System.Globalization;
using Savevm.States.Writing;

namespace Savevm.Inspections;

/// <summary>The registers of x86 processors, out of their device sections.</summary>
internal static class ProcessorRegisters
{
    /// <summary>The registers of every processor in the order of their numbers; empty where they are not described.</summary>
    internal static IReadOnlyList<CpuRegisters> Of(StateContents contents) =>
    [
        .. contents.Devices("cpu").OrderBy(device => device.InstanceId).Select(Of).OfType<CpuRegisters>(),
    ];

    private static CpuRegisters? Of(InspectedDevice device)
    {
        Dictionary<string, InspectedField> fields = [];
        foreach (InspectedField field in device.Fields)
            fields.TryAdd(field.Name, field);
        if (!fields.TryGetValue("env.regs", out InspectedField? general) || general.Value.Count < 16)
            return null;
        return new CpuRegisters
        {
            General = [.. Enumerable.Range(0, 16).Select(general.Value.Number)],
            Rip = Number(fields, "env.eip"),
            Rflags = Number(fields, "env.eflags"),
            Es = Segment(fields, "env.segs", 0),
            Cs = Segment(fields, "env.segs", 1),
            Ss = Segment(fields, "env.segs", 2),
            Ds = Segment(fields, "env.segs", 3),
            Fs = Segment(fields, "env.segs", 4),
            Gs = Segment(fields, "env.segs", 5),
            Ldt = Segment(fields, "env.ldt", null),
            Tr = Segment(fields, "env.tr", null),
            Gdt = Segment(fields, "env.gdt", null),
            Idt = Segment(fields, "env.idt", null),
            Control = [.. Enumerable.Range(0, 5).Select(index => Number(fields, $"env.cr[{index.ToString(CultureInfo.InvariantCulture)}]"))],
            KernelGsBase = Number(fields, "env.kernelgsbase"),
        };
    }

    private static ulong Number(Dictionary<string, InspectedField> fields, string name) =>
        fields.TryGetValue(name, out InspectedField? field) && field.Value.Count > 0 && field.Value.Kind is InspectedValueKind.Number
            ? field.Value.Number(0)
            : 0;

    /// <summary>A segment: an element of an array, or a structure of its own.</summary>
    private static CpuSegment Segment(Dictionary<string, InspectedField> fields, string name, int? index)
    {
        if (!fields.TryGetValue(name, out InspectedField? field))
            return default;
        if (index is { } element)
        {
            if (field.Fields.Count <= element)
                return default;
            field = field.Fields[element];
        }
        Dictionary<string, InspectedField> parts = [];
        foreach (InspectedField part in field.Fields)
            parts.TryAdd(part.Name, part);
        return new CpuSegment(
            (uint)Number(parts, "selector"), (uint)Number(parts, "limit"), (uint)Number(parts, "flags"), Number(parts, "base"));
    }
}
