namespace Savevm.Machine.Ram;

/// <summary>
/// What an <see cref="IPageWriter"/> can do beside that can tell what was written: differences (XBZRLE) are applied to it. Where a writer
/// is none, a stream of differences is refused.
/// </summary>
public interface IPageReadback
{
    /// <summary>
    /// Copies what a page holds now, flushed or not; zeros where nothing was written. Called by the writer's thread; data plane: no allocation.
    /// </summary>
    /// <param name="blockIndex">Index of a declared block.</param>
    /// <param name="pageIndex">Page number within the block, checked by the caller.</param>
    /// <param name="page">Where to: <see cref="RamBlock.PageSize"/> bytes of the caller.</param>
    void ReadBack(int blockIndex, long pageIndex, Span<byte> page);
}
