namespace Savevm.Machine.Ram;

/// <summary>
/// Writes pages of one channel. Data plane: an implementation neither allocates nor locks per page.
/// The same page may be written many times; the last write counts.
/// </summary>
public interface IPageWriter : IDisposable
{
    /// <summary>
    /// Writes one page. <paramref name="page"/> lies in native memory of the caller that stays valid and unchanged
    /// until <see cref="Flush"/> returns, so that an implementation may gather pages instead of copying them.
    /// </summary>
    /// <param name="blockIndex">Index of a declared block.</param>
    /// <param name="pageIndex">Page number within the block, checked by the caller.</param>
    /// <param name="page">Exactly <see cref="RamBlock.PageSize"/> bytes.</param>
    void WritePage(int blockIndex, long pageIndex, ReadOnlySpan<byte> page);

    /// <summary>Makes one page all zero.</summary>
    void WriteZeroPage(int blockIndex, long pageIndex);

    /// <summary>Takes over everything written so far; afterwards the caller may reuse the memory of the pages.</summary>
    void Flush();
}
