using Savevm.Wire;

namespace Savevm.VMState.Saving;

/// <summary>
/// Where a state is saved to: the bytes and, if wanted, the description beside them. Used again it allocates nothing but what the bytes
/// need. For one thread at a time; the writer stays the caller's.
/// </summary>
public sealed class VMStateSaver
{
    private readonly List<int> _descriptors = [];

    /// <summary>Makes a saver of bytes alone.</summary>
    /// <param name="output">Takes the bytes.</param>
    public VMStateSaver(WireWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        Output = output;
    }

    internal VMStateSaver(WireWriter output, DescriptionText json, DescriptionDialect dialect)
        : this(output)
    {
        Json = json;
        Dialect = dialect;
    }

    /// <summary>Takes the bytes.</summary>
    public WireWriter Output { get; }

    /// <summary>
    /// The descriptors of what was saved, in the order of their marks among the bytes. They stay the device's; whoever sends the bytes sends
    /// them along.
    /// </summary>
    public IReadOnlyList<int> Descriptors => _descriptors;

    /// <summary>The description that is written, null where none is: not wanted, or already told by the first element of an array.</summary>
    internal DescriptionText? Json { get; set; }

    internal DescriptionDialect Dialect { get; }

    internal void Add(int descriptor) => _descriptors.Add(descriptor);
}
