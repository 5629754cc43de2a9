using System.Numerics;

namespace Savevm.States.Surveys;

/// <summary>
/// A set of pages of one block. Memory is taken as pages appear, a piece for many pages at once, so a block that a file only claims costs
/// nothing. One thread.
/// </summary>
internal sealed class ToldPages(long pageCount)
{
    private const int PagesOfPiece = 1 << 15;
    private const int WordsOfPiece = PagesOfPiece / 64;

    private readonly ulong[]?[] _pieces = new ulong[(pageCount + PagesOfPiece - 1) / PagesOfPiece][];

    /// <summary>Number of pages in the set.</summary>
    internal long Count
    {
        get
        {
            long count = 0;
            foreach (ulong[]? piece in _pieces)
            {
                foreach (ulong word in piece ?? [])
                    count += BitOperations.PopCount(word);
            }
            return count;
        }
    }

    /// <summary>Adds a page. False when it is there already.</summary>
    internal bool Add(long page)
    {
        ref ulong word = ref WordOf(page);
        ulong bit = 1UL << (int)(page & 63);
        bool isNew = (word & bit) == 0;
        word |= bit;
        return isNew;
    }

    internal void Remove(long page)
    {
        if (_pieces[page / PagesOfPiece] is { } piece)
            piece[page % PagesOfPiece / 64] &= ~(1UL << (int)(page & 63));
    }

    /// <summary>The first page from <paramref name="from"/> on that is missing, and how many there are in a row.</summary>
    internal bool TryFindMissing(long from, out long first, out long count)
    {
        first = from;
        while (first < pageCount && Contains(first))
            first++;
        long end = first;
        while (end < pageCount && !Contains(end))
        {
            // Whole pieces are missing where nothing was ever said of them.
            end = _pieces[end / PagesOfPiece] is null ? Math.Min(pageCount, ((end / PagesOfPiece) + 1) * PagesOfPiece) : end + 1;
        }
        count = end - first;
        return count > 0;
    }

    private bool Contains(long page) =>
        _pieces[page / PagesOfPiece] is { } piece && (piece[page % PagesOfPiece / 64] >> (int)(page & 63) & 1) != 0;

    private ref ulong WordOf(long page)
    {
        ulong[] piece = _pieces[page / PagesOfPiece] ??= new ulong[WordsOfPiece];
        return ref piece[page % PagesOfPiece / 64];
    }
}
