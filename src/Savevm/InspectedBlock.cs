namespace Savevm;

/// <summary>A RAM block and what fills it.</summary>
/// <param name="Name">Its idstr.</param>
/// <param name="Bytes">Its length in bytes.</param>
public sealed record InspectedBlock(string Name, long Bytes)
{
    /// <summary>Pages of 4096 bytes.</summary>
    public required long Pages { get; init; }

    /// <summary>Pages of which the state says anything.</summary>
    public required long SeenPages { get; init; }

    /// <summary>Pages of zeros among them; null where that was not read.</summary>
    public long? ZeroPages { get; init; }

    /// <summary>Records of pages in the stream, more than pages where some were sent again; null for a snapshot.</summary>
    public long? Records { get; init; }

    /// <summary>Records with a difference (XBZRLE).</summary>
    public long DifferenceRecords { get; init; }

    /// <summary>Records with a page that zlib compressed.</summary>
    public long CompressedRecords { get; init; }
}
