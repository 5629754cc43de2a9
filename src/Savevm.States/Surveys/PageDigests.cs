namespace Savevm.States.Surveys;

/// <summary>
/// Digests of the contents of one block's pages, to tell how many are equal. Where a machine has more pages than fit, every second, fourth,
/// ... page is looked at. Memory is taken as pages appear. One thread.
/// </summary>
/// <param name="pageCount">Pages of the block.</param>
/// <param name="shift">Looked at is one page in two to the power of this.</param>
internal sealed class PageDigests(long pageCount, int shift)
{
    private const int SlotsOfPiece = 1 << 12;

    private readonly ulong[]?[] _pieces = new ulong[((pageCount >> shift) + SlotsOfPiece) / SlotsOfPiece][];

    /// <summary>The page is one of those that are looked at.</summary>
    internal bool Wants(long page) => (page & ((1L << shift) - 1)) == 0;

    /// <summary>Notes what a page is now; zero for a page of zeros.</summary>
    internal void Set(long page, ulong digest)
    {
        long slot = page >> shift;
        if (digest == 0 && _pieces[slot / SlotsOfPiece] is null)
            return;
        (_pieces[slot / SlotsOfPiece] ??= new ulong[SlotsOfPiece])[slot % SlotsOfPiece] = digest;
    }

    /// <summary>Adds the digests of all pages that are not zero.</summary>
    internal void CopyTo(List<ulong> all)
    {
        foreach (ulong[]? piece in _pieces)
        {
            foreach (ulong digest in piece ?? [])
            {
                if (digest != 0)
                    all.Add(digest);
            }
        }
    }
}
