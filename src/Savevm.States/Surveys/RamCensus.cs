using Savevm.Machine.Ram;
using Savevm.Machine.Ram.Compression;
using Savevm.Machine.Ram.Xbzrle;
using Savevm.Wire;
using Savevm.Wire.Ram;

namespace Savevm.States.Surveys;

/// <summary>
/// Counts the pages of a stream: which were sent, how often, which are zero, how many are equal. Data plane: nothing is allocated per page.
/// Memory grows with the guest's pages that appear, by a quarter of a byte each and eight bytes for the digests of at most half a million.
/// </summary>
internal sealed class RamCensus
{
    /// <summary>More RAM than this is counted by records only: what a file claims is no reason to reserve memory.</summary>
    private const ulong MaxCountedBytes = 1UL << 42;

    private readonly List<Tally> _tallies = [];
    private readonly byte[] _page = new byte[RamBlock.PageSize];
    private readonly bool _compares;
    private PageDigests? _digests;
    private ulong _bytes;

    /// <param name="compares">Pages are compared with each other.</param>
    internal RamCensus(bool compares)
    {
        _compares = compares;
    }

    /// <summary>How many pages stand for one that is looked at when pages are compared: 1, or a power of two.</summary>
    internal long SampledOneIn => _digests?.SampledOneIn ?? 1;

    internal IReadOnlyList<BlockCensus> Blocks => [.. _tallies.Select(tally => tally.ToCensus())];

    internal void Add(long offset, RamSetupBlock block)
    {
        _bytes += block.UsedLength;
        bool counts = _bytes <= MaxCountedBytes;
        _tallies.Add(new Tally(offset, block, counts ? (long)block.UsedLength / RamBlock.PageSize : 0));
        // Laid out when the first page comes: the list of blocks is whole then.
        _digests = null;
    }

    /// <summary>Notes a page. What is wrong with its payload is the answer; null for nothing.</summary>
    internal string? Note(long offset, int block, long page, RamRecordKind kind, ReadOnlySpan<byte> payload)
    {
        Tally tally = _tallies[block];
        tally.Records++;
        string? defect = null;
        ulong digest = 0;
        bool isZero = false;
        switch (kind)
        {
            case RamRecordKind.ZeroPage:
                isZero = true;
                break;
            case RamRecordKind.Page:
                tally.PlainRecords++;
                // Senders that do not look for zero pages send them whole.
                isZero = payload[0] == 0 && ZeroPage.IsZero(payload);
                if (!isZero && _compares && Digests.Wants(page))
                    digest = PageDigest.Of(payload);
                break;
            case RamRecordKind.Xbzrle:
                tally.DifferenceRecords++;
                // What the page was before is not kept: that the difference fits into a page can be told.
                if (!XbzrleDecoder.TryDecode(payload, _page, out _))
                    defect = "an XBZRLE difference that is none";
                digest = PageDigest.Of(payload) ^ ((ulong)page << 1);
                break;
            default:
                tally.CompressedRecords++;
                defect = Inflate(offset, payload, out isZero, out digest);
                break;
        }
        if (tally.Place(page, isZero) && _compares && Digests.Wants(page))
            Digests.Set(block, page, digest);
        return defect;
    }

    /// <summary>How many different contents the pages have that are not zero, and how many pages repeat one. To be asked once.</summary>
    internal (long Distinct, long Repeated) Compare()
    {
        if (_digests is null)
            return (0, 0);
        (long pages, long distinct) = _digests.Count();
        return (distinct * SampledOneIn, (pages - distinct) * SampledOneIn);
    }

    private PageDigests Digests => _digests ??= new PageDigests([.. _tallies.Select(tally => tally.CountedPages)]);

    /// <summary>The first pages of each block of which the stream says nothing.</summary>
    internal IEnumerable<(RamSetupBlock Block, long First, long Count)> Missing()
    {
        foreach (Tally tally in _tallies)
        {
            if (tally.Seen is { } seen && seen.TryFindMissing(0, out long first, out long count))
                yield return (tally.Block, first, count);
        }
    }

    private string? Inflate(long offset, ReadOnlySpan<byte> payload, out bool isZero, out ulong digest)
    {
        isZero = false;
        digest = 0;
        try
        {
            ZlibPage.Decode(payload, offset, _page);
        }
        catch (WireException defect)
        {
            return defect.Reason;
        }
        isZero = ZeroPage.IsZero(_page);
        digest = isZero ? 0 : PageDigest.Of(_page);
        return null;
    }

    private sealed class Tally(long offset, RamSetupBlock block, long countedPages)
    {
        private readonly ToldPages? _data = countedPages > 0 ? new ToldPages(countedPages) : null;

        internal RamSetupBlock Block { get; } = block;

        internal ToldPages? Seen { get; } = countedPages > 0 ? new ToldPages(countedPages) : null;

        internal long CountedPages => countedPages;

        internal long Records { get; set; }

        internal long PlainRecords { get; set; }

        internal long DifferenceRecords { get; set; }

        internal long CompressedRecords { get; set; }

        /// <summary>Notes that a page was sent. False where pages of this block are not counted.</summary>
        internal bool Place(long page, bool isZero)
        {
            if (Seen is null)
                return false;
            Seen.Add(page);
            if (isZero)
                _data!.Remove(page);
            else
                _data!.Add(page);
            return true;
        }

        internal BlockCensus ToCensus()
        {
            long seen = Seen?.Count ?? 0;
            return new BlockCensus(Block, offset)
            {
                SeenPages = seen,
                ZeroPages = seen - (_data?.Count ?? 0),
                Records = Records,
                PlainRecords = PlainRecords,
                DifferenceRecords = DifferenceRecords,
                CompressedRecords = CompressedRecords,
            };
        }
    }
}
