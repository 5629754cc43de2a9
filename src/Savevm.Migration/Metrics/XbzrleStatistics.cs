using Savevm.Machine.Ram;

namespace Savevm.Migration.Metrics;

/// <summary>What the cache of differences did, as QEMU's <c>xbzrle-cache</c> tells it. The engine's thread writes, any thread may read.</summary>
public sealed class XbzrleStatistics
{
    private long bytes, pages, cacheMiss, overflow, examined;
    private long bytesBefore, pagesBefore, missesBefore, examinedBefore;
    private double cacheMissRate, encodingRate;

    internal XbzrleStatistics(long cacheBytes) => CacheSize = cacheBytes;

    /// <summary>Size of the cache in bytes (<c>cache-size</c>).</summary>
    public long CacheSize { get; }

    /// <summary>Bytes of the differences, and a page for each that was too long (<c>bytes</c>).</summary>
    public long Bytes => Volatile.Read(ref bytes);

    /// <summary>Pages that were found in the cache, whatever became of them (<c>pages</c>).</summary>
    public long Pages => Volatile.Read(ref pages);

    /// <summary>Pages that were not found in it (<c>cache-miss</c>).</summary>
    public long CacheMiss => Volatile.Read(ref cacheMiss);

    /// <summary>Share of the pages of the last round that were not found in it, 0 to 1 (<c>cache-miss-rate</c>).</summary>
    public double CacheMissRate => Volatile.Read(ref cacheMissRate);

    /// <summary>How many times shorter the differences of the last round were than their pages; 0 when there was none (<c>encoding-rate</c>).</summary>
    public double EncodingRate => Volatile.Read(ref encodingRate);

    /// <summary>Pages that were sent whole since their difference was longer (<c>overflow</c>).</summary>
    public long Overflow => Volatile.Read(ref overflow);

    internal void AddExamined(int count) => examined += count;

    internal void AddHit(int length)
    {
        Volatile.Write(ref bytes, bytes + length);
        Volatile.Write(ref pages, pages + 1);
    }

    internal void AddOverflow()
    {
        AddHit(RamBlock.PageSize);
        Volatile.Write(ref overflow, overflow + 1);
    }

    internal void AddMiss() => Volatile.Write(ref cacheMiss, cacheMiss + 1);

    internal void EndRound()
    {
        if (examined == examinedBefore) return;
        Volatile.Write(ref cacheMissRate, (double)(cacheMiss - missesBefore) / (examined - examinedBefore));
        Volatile.Write(ref encodingRate, bytes == bytesBefore ? 0 : (double)(pages - pagesBefore) * RamBlock.PageSize / (bytes - bytesBefore));
        (bytesBefore, pagesBefore, missesBefore, examinedBefore) = (bytes, pages, cacheMiss, examined);
    }
}
