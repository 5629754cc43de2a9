using System.IO.Hashing;
using Savevm.Machine.Ram;
using Savevm.Machine.Ram.Compression;
using Savevm.Machine.Ram.Xbzrle;
using Savevm.Wire;
using Savevm.Wire.Ram;

namespace Savevm.States.Surveys;

/// <summary>
/// Counts the pages of a stream: which were sent, how often, which are zero, how many are equal. Data plane: nothing is allocated per page.
/// Memory grows with the guest's pages that appear, by a quarter of a byte each and eight for the digests of at most half a million.
/// </summary>
internal sealed class RamCensus
{
    /// <summary>More RAM than this is counted by records only: what a file claims is no reason to reserve memory.</summary>
    private const ulong MaxCountedBytes = 1UL << 42;

    // Two GiB are looked at page by page.
    private const long MaxDigests = 1 << 19;

    private readonly List<Tally> _tallies = [];
    private readonly byte[] _page = new byte[RamBlock.PageSize];
    private readonly bool _compares;
    private ulong _bytes;

    /// <param name="compares">Pages are compared with each other.</param>
    internal RamCensus(bool compares)
    {
        _compares = compares;
    }

    /// <summary>How many pages stand for one that is looked at when pages are compared: 1, or a power of two.</summary>
    internal int SampledOneIn { get; private set; } = 1;

    internal IReadOnlyList<BlockCensus> Blocks => [.. _tallies.Select(tally => tally.ToCensus())];

    internal void Add(long offset, RamSetupBlock block)
    {
        _bytes += block.UsedLength;
        long pages = (long)block.UsedLength / RamBlock.PageSize;
        int shift = 0;
        while (pages >> shift > MaxDigests / 2)
            shift++;
        SampledOneIn = Math.Max(SampledOneIn, 1 << shift);
        bool counts = _bytes <= MaxCountedBytes;
        _tallies.Add(new Tally(offset, block, counts ? pages : 0, shift));
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
                if (!isZero && _compares && tally.Wants(page))
                    digest = Digest(payload);
                break;
            case RamRecordKind.Xbzrle:
                tally.DifferenceRecords++;
                // What the page was before is not kept: that the difference fits into a page can be told.
                if (!XbzrleDecoder.TryDecode(payload, _page, out _))
                    defect = "an XBZRLE difference that is none";
                digest = Digest(payload) ^ (ulong)page;
                break;
            default:
                tally.CompressedRecords++;
                defect = Inflate(offset, payload, out isZero, out digest);
                break;
        }
        tally.Place(page, isZero, digest);
        return defect;
    }

    /// <summary>How many different contents the pages have that are not zero, and how many pages repeat one. To be asked once.</summary>
    internal (long Distinct, long Repeated) Compare()
    {
        ulong[] digests = new ulong[_tallies.Sum(tally => tally.Digests?.Count ?? 0)];
        int filled = 0;
        foreach (Tally tally in _tallies)
            filled += tally.Digests?.MoveTo(digests.AsSpan(filled)) ?? 0;
        Array.Sort(digests);
        long distinct = 0;
        for (int i = 0; i < digests.Length; i++)
        {
            if (i == 0 || digests[i] != digests[i - 1])
                distinct++;
        }
        return (distinct * SampledOneIn, (digests.Length - distinct) * SampledOneIn);
    }

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
        digest = isZero ? 0 : Digest(_page);
        return null;
    }

    // Zero stands for a page of zeros.
    private static ulong Digest(ReadOnlySpan<byte> bytes) => XxHash3.HashToUInt64(bytes) | 1;

    private sealed class Tally(long offset, RamSetupBlock block, long countedPages, int shift)
    {
        private readonly ToldPages? _data = countedPages > 0 ? new ToldPages(countedPages) : null;

        internal RamSetupBlock Block { get; } = block;

        internal ToldPages? Seen { get; } = countedPages > 0 ? new ToldPages(countedPages) : null;

        internal PageDigests? Digests { get; } = countedPages > 0 ? new PageDigests(countedPages, shift) : null;

        internal long Records { get; set; }

        internal long PlainRecords { get; set; }

        internal long DifferenceRecords { get; set; }

        internal long CompressedRecords { get; set; }

        internal bool Wants(long page) => Digests?.Wants(page) == true;

        internal void Place(long page, bool isZero, ulong digest)
        {
            if (Seen is null)
                return;
            Seen.Add(page);
            if (isZero)
                _data!.Remove(page);
            else
                _data!.Add(page);
            if (Digests!.Wants(page))
                Digests.Set(page, digest);
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
