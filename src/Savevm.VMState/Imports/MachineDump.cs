using System.Text.Json;
using Savevm.VMState.Descriptions;
using Savevm.Wire;

namespace Savevm.VMState.Imports;

/// <summary>
/// What <c>qemu-system-x86_64 -M MACHINE -dump-vmstate FILE</c> writes: the descriptions of all devices that could be part of a machine, by
/// the names of their types. It tells shapes: names, versions, which fields a test decides on, sizes of values, subsections. It does not
/// tell what a value is, which field counts an array, and before QEMU 10.0 not even which field is one; so these descriptions can be
/// compared, and refuse to save and load. Immutable; any thread may use it.
/// </summary>
public sealed class MachineDump
{
    private const string MachineKey = "vmschkmachine";
    private int _left = VMStateLimits.MaxFields;

    private MachineDump(string machine, IReadOnlyDictionary<string, VMStateDescription> devices)
    {
        Machine = machine;
        Devices = devices;
    }

    private MachineDump()
        : this("", new Dictionary<string, VMStateDescription>())
    {
    }

    /// <summary>The machine type, such as <c>pc-i440fx-7.2</c>; empty where the dump does not say.</summary>
    public string Machine { get; }

    /// <summary>Descriptions by the name of the device's type, such as <c>isa-pit</c>, which is not the name of the description.</summary>
    public IReadOnlyDictionary<string, VMStateDescription> Devices { get; }

    /// <summary>Reads a dump.</summary>
    /// <param name="text">The file.</param>
    /// <exception cref="WireException">It is no such dump, or larger or deeper than the limits.</exception>
    public static MachineDump Parse(ReadOnlyMemory<byte> text)
    {
        if (text.Length > VMStateLimits.MaxBufferBytes)
            throw new WireException(0, $"a dump of {text.Length} bytes");
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 4 * VMStateLimits.MaxDepth });
            return new MachineDump().Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException)
        {
            throw new WireException(0, $"no dump of descriptions: {exception.Message}");
        }
    }

    private MachineDump Read(JsonElement root)
    {
        string machine = "";
        var devices = new Dictionary<string, VMStateDescription>();
        foreach (JsonProperty entry in root.EnumerateObject())
        {
            if (entry.Name == MachineKey)
                machine = entry.Value.GetProperty("Name").GetString() ?? "";
            else if (entry.Value.TryGetProperty("Description", out JsonElement description))
                devices[entry.Name] = Description(description, 0);
        }
        return new MachineDump(machine, devices);
    }

    private VMStateDescription<FieldBag> Description(JsonElement element, int depth)
    {
        Count(depth);
        var builder = new VMStateBuilder<FieldBag>(
            element.GetProperty("name").GetString()!, element.GetProperty("version_id").GetUInt32(), element.GetProperty("minimum_version_id").GetUInt32());
        if (element.TryGetProperty("Fields", out JsonElement fields))
        {
            foreach (JsonElement field in fields.EnumerateArray())
                builder.Add(Field(field, depth));
        }
        if (element.TryGetProperty("Subsections", out JsonElement subsections))
        {
            foreach (JsonElement subsection in subsections.EnumerateArray())
                builder.AddSubsection(Description(subsection, depth + 1));
        }
        return builder.Build();
    }

    private ShapeField Field(JsonElement field, int depth)
    {
        Count(depth);
        FieldTest<FieldBag>? test = field.GetProperty("field_exists").GetBoolean() ? static (ref _, _) => true : null;
        return new ShapeField(
            field.GetProperty("field").GetString()!,
            field.GetProperty("size").GetInt32(),
            field.TryGetProperty("num", out JsonElement count) ? count.GetInt32() : null,
            field.TryGetProperty("Description", out JsonElement nested) ? Description(nested, depth + 1) : null,
            new(field.GetProperty("version_id").GetUInt32(), test));
    }

    private void Count(int depth)
    {
        if (depth > VMStateLimits.MaxDepth)
            throw new WireException(0, $"a description nested deeper than {VMStateLimits.MaxDepth}");
        if (--_left < 0)
            throw new WireException(0, $"a dump of more than {VMStateLimits.MaxFields} fields");
    }
}
