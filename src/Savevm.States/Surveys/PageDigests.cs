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

    /// <summary>Number of pages that are looked at and not zero.</summary>
    internal int Count
    {
        get
        {
            int count = 0;
            foreach (ulong[]? piece in _pieces)
            {
                foreach (ulong digest in piece ?? [])
                    count += digest != 0 ? 1 : 0;
            }
            return count;
        }
    }

    /// <summary>Moves the digests of all pages that are not zero out of here, whose memory is given back.</summary>
    internal int MoveTo(Span<ulong> target)
    {
        int count = 0;
        for (int i = 0; i < _pieces.Length; i++)
        {
            foreach (ulong digest in _pieces[i] ?? [])
            {
                if (digest != 0)
                    target[count++] = digest;
            }
            _pieces[i] = null;
        }
        return count;
    }
}
