using System.Globalization;
using System.Text;

namespace Savevm.Machine.VMState.Catalogue;

/// <summary>
/// A structure of a catalogue: its fields. Its subsections are not listed here, for any of them may be missing; they are found by their
/// names, in the catalogue as in the stream.
/// </summary>
internal sealed class CatalogueStruct(string vmsdName, uint version, IReadOnlyList<CatalogueField> fields)
{
    private string? _signature;

    /// <summary>Name of the description.</summary>
    internal string VmsdName => vmsdName;

    /// <summary>Its version.</summary>
    internal uint Version => version;

    /// <summary>The fields in wire order.</summary>
    internal IReadOnlyList<CatalogueField> Fields => fields;

    /// <summary>A text that is equal for equal structures.</summary>
    internal string Signature => _signature ??= Describe();

    private string Describe()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{vmsdName}@{version}{{");
        foreach (CatalogueField field in fields)
            Describe(text, field);
        return text.Append('}').ToString();
    }

    private static void Describe(StringBuilder text, CatalogueField field)
    {
        text.Append(CultureInfo.InvariantCulture, $"{field.Kind} {field.Name}:{field.Type}:{field.ElementBytes}x{field.Count}");
        foreach (CatalogueStruct structure in field.Structs)
            text.Append(structure.Signature);
        foreach (CatalogueField element in field.Elements)
            Describe(text.Append('['), element);
        text.Append(';');
    }
}
