namespace Savevm;

/// <summary>A field of a device's state, or a structure, an element or a subsection of it.</summary>
/// <param name="Name">Its name, with an index where it is an element.</param>
/// <param name="Type">QEMU's name for its kind.</param>
/// <param name="Offset">Offset in the section's body.</param>
/// <param name="Bytes">Number of bytes, with everything nested.</param>
public sealed record InspectedField(string Name, string Type, int Offset, int Bytes)
{
    /// <summary>The version of a structure or subsection that has one.</summary>
    public uint? Version { get; init; }

    /// <summary>The value; of kind none where <see cref="Fields"/> have the values.</summary>
    public InspectedValue Value { get; init; }

    /// <summary>What is nested in it.</summary>
    public IReadOnlyList<InspectedField> Fields { get; init; } = [];
}
