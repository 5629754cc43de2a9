namespace Savevm.States.Surveys;

/// <summary>
/// Digests of the contents of pages, to tell how many are equal. Where a machine has more pages than fit, every second, fourth, ... page is
/// looked at. One thread.
/// </summary>
internal sealed class PageDigests
{
    // Two GiB are looked at page by page.
    private const long MaxDigests = 1 << 19;

    private readonly int _shift;
    private readonly long[] _firsts;

    // One array of which nothing is touched but what pages are noted for: the kernel gives no memory for the rest.
    private readonly ulong[] _digests;

    /// <param name="pageCounts">Pages of each block.</param>
    internal PageDigests(IReadOnlyList<long> pageCounts)
    {
        while (pageCounts.Sum(count => Slots(count, _shift)) > MaxDigests && _shift < 62)
            _shift++;
        _firsts = new long[pageCounts.Count];
        long slots = 0;
        for (int i = 0; i < _firsts.Length; i++)
        {
            _firsts[i] = slots;
            slots += Slots(pageCounts[i], _shift);
        }
        _digests = new ulong[slots];
    }

    /// <summary>How many pages stand for one that is looked at: 1, or a power of two.</summary>
    internal long SampledOneIn => 1L << _shift;

    /// <summary>The page is one of those that are looked at.</summary>
    internal bool Wants(long page) => (page & ((1L << _shift) - 1)) == 0;

    /// <summary>Notes what a page is now; zero for a page of zeros.</summary>
    internal void Set(int block, long page, ulong digest)
    {
        ref ulong place = ref _digests[_firsts[block] + (page >> _shift)];
        if (place != digest)
            place = digest;
    }

    /// <summary>How many pages are looked at and not zero, and how many different contents they have. To be asked once: the digests are gone.</summary>
    internal (long Pages, long Distinct) Count()
    {
        int count = 0;
        foreach (ulong digest in _digests)
        {
            if (digest != 0)
                _digests[count++] = digest;
        }
        return (count, DigestCount.Distinct(_digests.AsSpan(0, count)));
    }

    private static long Slots(long pages, int shift) => pages > 0 ? ((pages - 1) >> shift) + 1 : 0;
}
