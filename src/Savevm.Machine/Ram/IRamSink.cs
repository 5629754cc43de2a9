namespace Savevm.Machine.Ram;

/// <summary>Where the RAM of a machine goes: a snapshot, a hosted machine, nowhere.</summary>
public interface IRamSink
{
    /// <summary>Tells the block list. Called before any page; again only with an equal list.</summary>
    /// <exception cref="MachineRefusedException">The blocks do not fit this machine.</exception>
    void DeclareBlocks(IReadOnlyList<RamBlock> blocks);

    /// <summary>Opens a writer for one channel. A writer belongs to one thread; two writers may run side by side.</summary>
    IPageWriter OpenWriter();

    /// <summary>Drops pages (postcopy discard): what was written for them is forgotten and will be sent again.</summary>
    /// <exception cref="MachineRefusedException">This sink cannot take back pages.</exception>
    void Discard(int blockIndex, long firstPage, long pageCount);
}
