namespace Savevm.Machine.Ram;

/// <summary>Reads pages for one channel. Data plane: an implementation neither allocates nor locks per page.</summary>
public interface IPageReader : IDisposable
{
    /// <summary>
    /// Reads consecutive pages of a block, beginning at <paramref name="firstPage"/>: at least one and at most
    /// <paramref name="maxPages"/>, as many as are cheap at once. The result is valid until the next call.
    /// </summary>
    /// <exception cref="DamagedStateException">
    /// What is stored there is not what was saved. Nothing of it was returned, and nothing of it may be sent.
    /// </exception>
    PageRun Read(int blockIndex, long firstPage, int maxPages);
}
