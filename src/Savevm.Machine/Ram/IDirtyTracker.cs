namespace Savevm.Machine.Ram;

/// <summary>
/// Tells which pages of a machine were written to while it ran. One thread starts, collects and stops; the machine's own threads write
/// all the while and know nothing of it.
/// </summary>
/// <remarks>
/// <para>
/// The promise: a write that began after <see cref="Start"/> returned is told of by a collection of its page. Each collection tells all
/// writes that ended before it was called; one that happens during the call is told then or by the next one, and never by neither. A
/// page that is told may not have been written to (the kernel's own reasons, neighbours in a host page), but one that was written to is
/// always told.
/// </para>
/// <para>
/// So who reads a page after the collection that told of it gets what was written by then, and what is written later is told by a
/// later one. A copy made of the whole RAM once, after <see cref="Start"/>, and of every page that a collection told of, after that collection,
/// equals the RAM when the machine stood still before the last collection.
/// </para>
/// </remarks>
public interface IDirtyTracker : IDisposable
{
    /// <summary>What it is forced by, and called in messages.</summary>
    string Name { get; }

    /// <summary>Between <see cref="Start"/> and <see cref="Stop"/>. The blocks keep their lengths meanwhile.</summary>
    bool IsTracking { get; }

    /// <summary>Begins to track all blocks. What was written before is told of no more.</summary>
    /// <exception cref="InvalidOperationException">It tracks already, or another tracker of the same machine does.</exception>
    void Start();

    /// <summary>
    /// Sets the bits of the pages in a range that were written to since they were last collected, and forgets them. Other bits stay, so a
    /// bitmap of pages that are yet to be sent can be handed in. Data plane: neither locks nor allocates per page.
    /// </summary>
    /// <param name="blockIndex">Index of the block.</param>
    /// <param name="firstPage">The first page.</param>
    /// <param name="pageCount">Number of pages; the range lies in the block.</param>
    /// <param name="dirty">One bit per page of the block.</param>
    /// <returns>How many bits are set now that were clear before.</returns>
    /// <exception cref="InvalidOperationException">It does not track.</exception>
    /// <exception cref="IOException">
    /// The kernel failed. What was dirty in the range is not known any more: all of it has to be taken for dirty.
    /// </exception>
    long Collect(int blockIndex, long firstPage, long pageCount, PageBitmap dirty);

    /// <summary>Ends it; what was not collected is forgotten. Nothing happens when it does not track.</summary>
    void Stop();
}
