namespace Savevm.VMState.Descriptions;

/// <summary>
/// What the state of a device, of a structure in it, or of a subsection consists of. Made from attributes, by
/// <see cref="VMStateBuilder{TDevice}"/>, or from the JSON of a stream; immutable, for any thread. The names are QEMU's.
/// </summary>
public abstract class VMStateDescription
{
    private protected VMStateDescription(string name, uint version, uint minimumVersion)
    {
        Name = name;
        Version = version;
        MinimumVersion = minimumVersion;
    }

    /// <summary>Name (<c>vmsd_name</c>): printable ASCII; of a subsection that of its parent, a slash, and more.</summary>
    public string Name { get; }

    /// <summary>The version that is saved, and the newest that is loaded.</summary>
    public uint Version { get; }

    /// <summary>The oldest version that is loaded.</summary>
    public uint MinimumVersion { get; }

    /// <summary>When it is saved among other devices.</summary>
    public VMStatePriority Priority { get; private protected init; }

    /// <summary>Why such a device cannot be saved, in words for a person; null for one that can.</summary>
    public string? Unmigratable { get; private protected init; }

    /// <summary>The fields, in wire order.</summary>
    public abstract IReadOnlyList<VMStateField> Fields { get; }

    /// <summary>The subsections that there can be, in the order in which those that are needed are saved.</summary>
    public abstract IReadOnlyList<VMStateDescription> Subsections { get; }

    internal bool IsUniform { get; private protected init; }

    /// <summary>The byte that begins a subsection.</summary>
    private protected const byte SubsectionMark = 0x05;

    // QEMU tells fields of one name apart by their turn.
    private protected static void NumberEqualNames(IReadOnlyList<VMStateField> fields)
    {
        foreach (IGrouping<string, VMStateField> equal in fields.GroupBy(field => field.Name).Where(group => group.Skip(1).Any()))
        {
            int turn = 0;
            foreach (VMStateField field in equal)
                field.SetUniqueName($"{field.Name}[{turn++}]");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} version {Version}";
}
