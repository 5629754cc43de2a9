using System.Numerics;

namespace Savevm.Machine.VMState.Catalogue;

/// <summary>
/// A structure of a catalogue: its fields. Its subsections are not listed here, for any of them may be missing; they are found by their
/// names, in the catalogue as in the stream.
/// </summary>
internal sealed class CatalogueStruct(string vmsdName, uint version, IReadOnlyList<CatalogueField> fields)
{
    private const ulong Start = 0x517cc1b727220a95, Factor = 0x9e3779b97f4a7c15, Down = 0x5b, Up = 0x5d;

    /// <summary>Name of the description.</summary>
    internal string VmsdName => vmsdName;

    /// <summary>Its version.</summary>
    internal uint Version => version;

    /// <summary>The fields in wire order.</summary>
    internal IReadOnlyList<CatalogueField> Fields => fields;

    /// <summary>A number that is equal for equal structures, and for others as good as never. It is no text, since these are thousands.</summary>
    internal ulong Signature { get; } = Describe(Mix(Mix(Start, vmsdName), version), fields);

    private static ulong Describe(ulong sum, IReadOnlyList<CatalogueField> fields)
    {
        foreach (CatalogueField field in fields)
        {
            sum = Mix(Mix(Mix(sum, (ulong)field.Kind), field.Name), field.Type);
            sum = Mix(Mix(sum, (uint)field.ElementBytes), (uint)field.Count);
            foreach (CatalogueStruct structure in field.Structs)
                sum = Mix(sum, structure.Signature);
            sum = Mix(Describe(Mix(sum, Down), field.Elements), Up);
        }
        return sum;
    }

    private static ulong Mix(ulong sum, string text)
    {
        foreach (char letter in text)
            sum = Mix(sum, letter);
        return Mix(sum, (uint)text.Length);
    }

    // A multiplication by an odd number loses nothing; the rotation brings what is above to where the next one can spread it.
    private static ulong Mix(ulong sum, ulong value) => BitOperations.RotateLeft((sum ^ value) * Factor, 29);
}
