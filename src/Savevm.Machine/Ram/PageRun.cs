namespace Savevm.Machine.Ram;

/// <summary>Some consecutive pages: their bytes, or the knowledge that all of them are zero.</summary>
/// <remarks>The bytes lie in native memory of the reader and stay valid until its next call.</remarks>
public readonly ref struct PageRun
{
    private PageRun(int pageCount, ReadOnlySpan<byte> bytes, bool isScanned)
    {
        PageCount = pageCount;
        Bytes = bytes;
        IsScanned = isScanned;
    }

    /// <summary>Number of pages, at least one.</summary>
    public int PageCount { get; }

    /// <summary>The contents, <see cref="PageCount"/> times <see cref="RamBlock.PageSize"/> bytes; empty when all pages are zero.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>All pages of the run are zero.</summary>
    public bool IsZero => Bytes.IsEmpty;

    /// <summary>
    /// The reader has looked: no page with contents was all zero, so nobody need look again. The contents may be the RAM of a machine that runs
    /// then, which managed code leaves alone and hands to a native call.
    /// </summary>
    public bool IsScanned { get; }

    /// <summary>A run of zero pages.</summary>
    public static PageRun Zero(int pageCount) => new(pageCount, default, isScanned: true);

    /// <summary>A run of pages with contents; <paramref name="bytes"/> must be native memory.</summary>
    public static PageRun Data(ReadOnlySpan<byte> bytes) => new(bytes.Length / RamBlock.PageSize, bytes, isScanned: false);

    /// <summary>A run of pages none of which was all zero when the reader looked; <paramref name="bytes"/> must be native memory.</summary>
    public static PageRun Scanned(ReadOnlySpan<byte> bytes) => new(bytes.Length / RamBlock.PageSize, bytes, isScanned: true);
}
