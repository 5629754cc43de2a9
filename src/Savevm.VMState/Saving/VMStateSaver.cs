using Savevm.Wire;

namespace Savevm.VMState.Saving;

/// <summary>
/// Where a state is saved to: the bytes and, if wanted, the description beside them. Used again it allocates nothing but what the bytes
/// need. For one thread at a time; the writer stays the caller's.
/// </summary>
public sealed class VMStateSaver
{
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

    /// <summary>The description that is written, null where none is: not wanted, or already told by the first element of an array.</summary>
    internal DescriptionText? Json { get; set; }

    internal DescriptionDialect Dialect { get; }
}
