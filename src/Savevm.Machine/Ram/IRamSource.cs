namespace Savevm.Machine.Ram;

/// <summary>Where the RAM of a machine comes from: a snapshot, a hosted machine.</summary>
public interface IRamSource
{
    /// <summary>The block list, in the order in which it is announced; <see cref="RamBlock.Index"/> is the position.</summary>
    IReadOnlyList<RamBlock> Blocks { get; }

    /// <summary>Opens a reader for one thread.</summary>
    IPageReader OpenReader();

    /// <summary>
    /// Opens a reader for one thread that looks at contents: what it returns does not change until its next call, whatever the machine writes
    /// meanwhile.
    /// </summary>
    IPageReader OpenStableReader() => OpenReader();
}
