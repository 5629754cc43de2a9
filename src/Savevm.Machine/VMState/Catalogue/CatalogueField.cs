namespace Savevm.Machine.VMState.Catalogue;

/// <summary>A field of a catalogued structure.</summary>
/// <param name="Kind">How it finds its end.</param>
/// <param name="Name">QEMU's expression for it.</param>
/// <param name="Type">QEMU's name for its kind.</param>
/// <param name="ElementBytes">Bytes of one value, or of all of a field of hand-made code, where the description came from.</param>
/// <param name="Count">Number of values, or of equal elements.</param>
internal sealed record CatalogueField(CatalogueFieldKind Kind, string Name, string Type, int ElementBytes, int Count)
{
    /// <summary>The structures nested in it: one, or key and value of a tree.</summary>
    internal IReadOnlyList<CatalogueStruct> Structs { get; init; } = [];

    /// <summary>Runs of elements of an array.</summary>
    internal IReadOnlyList<CatalogueField> Elements { get; init; } = [];
}
