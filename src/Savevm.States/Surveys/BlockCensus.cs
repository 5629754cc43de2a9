using Savevm.Wire.Ram;

namespace Savevm.States.Surveys;

/// <summary>What a stream holds of one RAM block.</summary>
/// <param name="Block">The block.</param>
/// <param name="Offset">Offset of its entry in the list.</param>
public sealed record BlockCensus(RamSetupBlock Block, long Offset)
{
    /// <summary>Pages of the block.</summary>
    public long PageCount => (long)Block.UsedLength / RamPayloadReader.PageBytes;

    /// <summary>Pages of which the stream says anything.</summary>
    public long SeenPages { get; init; }

    /// <summary>Pages that are zero after all of the stream.</summary>
    public long ZeroPages { get; init; }

    /// <summary>Records of pages; more than <see cref="SeenPages"/> where pages were sent again.</summary>
    public long Records { get; init; }

    /// <summary>Records that carry a whole page.</summary>
    public long PlainRecords { get; init; }

    /// <summary>Records that carry the difference to the page before (XBZRLE).</summary>
    public long DifferenceRecords { get; init; }

    /// <summary>Records that carry a page compressed by zlib.</summary>
    public long CompressedRecords { get; init; }

    /// <summary>Pages with contents.</summary>
    public long DataPages => SeenPages - ZeroPages;
}
