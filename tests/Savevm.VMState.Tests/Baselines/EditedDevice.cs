using System.Globalization;
using System.Text;

namespace Savevm.VMState.Tests.Baselines;

/// <summary>A device with a subsection and a structure in it, and the source of its class with code that saves it and looks at it.</summary>
internal sealed record EditedDevice(EditedSection Device, EditedSection Subsection, EditedSection Part)
{
    internal static EditedDevice Create(Random random) => new(
        EditedSection.Create("dev", random, hasPart: true),
        EditedSection.Create("dev/sub", random, hasPart: false),
        EditedSection.Create("part", random, hasPart: false));

    internal EditedDevice Edit(Random random) => random.Next(5) switch
    {
        0 => this with { Subsection = Subsection.Edit(random) },
        1 => this with { Part = Part.Edit(random) },
        _ => this with { Device = Device.Edit(random) },
    };

    /// <summary>The numbers of all fields whose values a state holds.</summary>
    internal HashSet<int> Values =>
        [.. Device.Saved.Concat(Subsection.Saved).Concat(Device.Saved.Any(one => one.Kind == "Part") ? Part.Saved : []).Select(one => one.Id)];

    internal string Source(string space)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $$"""
            namespace {{space}}
            {
                [VMState("dev", Version = {{Device.Version}}, MinimumVersion = {{Device.Minimum}})]
                [VMStateSubsection("dev/sub", Version = {{Subsection.Version}}, MinimumVersion = {{Subsection.Minimum}}, Needed = "Needed")]
                public partial class Device
                {
                    {{Fields(Device, "")}}
                    {{Fields(Subsection, "Subsection = \"dev/sub\"")}}
                    public bool Needed() => true;
                    {{Methods}}
                }
                [VMState("part", Version = {{Part.Version}}, MinimumVersion = {{Part.Minimum}})]
                public partial class Part
                {
                    {{Fields(Part, "")}}
                    {{Methods}}
                }
                public static class Driver
                {
                    public static byte[] Save()
                    {
                        var d = new Device();
                        {{Code(Device, "d", isSet: true)}}{{Code(Subsection, "d", isSet: true)}}{{PartCode(isSet: true)}}
                        var output = new Savevm.Wire.WireWriter();
                        new Savevm.VMState.VMStateCodec<Device>(Device.StateDescription).Save(ref d, output);
                        return output.WrittenSpan.ToArray();
                    }
                    public static string Load(byte[] body, uint version, System.Collections.Generic.HashSet<int> known)
                    {
                        var d = new Device();
                        try { new Savevm.VMState.VMStateCodec<Device>(Device.StateDescription).Load(ref d, body, version); }
                        catch (Savevm.VMState.VMStateLoadException exception) { return exception.Message; }
                        {{Code(Device, "d", isSet: false)}}{{Code(Subsection, "d", isSet: false)}}{{PartCode(isSet: false)}}
                        return "";
                    }
                }
            }

            """);
        return text.ToString();
    }

    private const string Methods = "public bool Always() => true; public bool New(uint version) => version >= 2;";

    // Unused bytes stand before the next field, or behind the last one.
    private static string Fields(EditedSection section, string where)
    {
        var text = new StringBuilder();
        EditedField[] real = [.. section.Fields.Where(field => field.Kind != "unused")];
        for (int i = 0; i < section.Fields.Length; i++)
        {
            EditedField field = section.Fields[i];
            if (field.Kind == "unused")
            {
                if (section.Fields.Skip(i).Any(next => next.Kind != "unused"))
                    text.Append(CultureInfo.InvariantCulture, $"[VMStateUnused({field.Count}{Options(field)})] ");
                continue;
            }
            if (field == real[^1])
            {
                foreach (EditedField unused in section.Fields.Skip(i + 1))
                    text.Append(CultureInfo.InvariantCulture, $"[VMStateUnused({unused.Count}, Behind = true{Options(unused)})] ");
            }
            string kind = field.IsArray ? $"VMStateArray({field.Count}" : "VMStateField(";
            string options = Options(field) + (where.Length == 0 ? "" : ", " + where);
            text.Append('[').Append(field.IsArray ? kind + options : kind + options.TrimStart(',', ' ')).Append(")] public ");
            string value = field.IsArray ? $" = new {field.Type}[{field.Count}]" : field.Kind == "Part" ? " = new()" : "";
            text.Append(CultureInfo.InvariantCulture, $"{field.Type}{(field.IsArray ? "[]" : "")} {field.Name}{value};\n");
        }
        return text.ToString();
    }

    private static string Options(EditedField field) =>
        (field.Since > 0 ? string.Create(CultureInfo.InvariantCulture, $", Since = {field.Since}") : "") + (field.When is null ? "" : $", When = \"{field.When}\"");

    private string PartCode(bool isSet) =>
        Array.Find(Device.Fields, field => field.Kind == "Part") is { } part ? Code(Part, "d." + part.Name, isSet) : "";

    // Every field has a value that its number tells, so that one in the place of another is seen.
    private static string Code(EditedSection section, string target, bool isSet)
    {
        var text = new StringBuilder();
        foreach (EditedField field in section.Fields.Where(field => field.Kind is not ("unused" or "Part")))
        {
            for (int i = 0; i < (field.IsArray ? field.Count : 1); i++)
            {
                string place = $"{target}.{field.Name}" + (field.IsArray ? string.Create(CultureInfo.InvariantCulture, $"[{i}]") : "");
                ulong bits = 0x9e3779b97f4a7c15UL * (ulong)((field.Id * 8) + i + 1);
                string value = field.Type == "bool"
                    ? "true"
                    : string.Create(CultureInfo.InvariantCulture, $"unchecked(({field.Type}){bits}UL)");
                text.Append(isSet
                    ? $"{place} = {value};\n"
                    : string.Create(CultureInfo.InvariantCulture, $"if (known.Contains({field.Id}) && {place} != {value}) return \"{place}\";\n"));
            }
        }
        return text.ToString();
    }
}
