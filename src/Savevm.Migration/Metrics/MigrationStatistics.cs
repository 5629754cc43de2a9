namespace Savevm.Migration.Metrics;

/// <summary>Counters of one migration. The engine writes them between batches; any thread may read them.</summary>
public sealed class MigrationStatistics
{
    private long streamBytes;
    private long normalPages;
    private long zeroPages;
    private long requestsServed;
    private long requestsReceived;
    private long ramBytesTotal;
    private long dirtySyncCount, remainingBytes, expectedDowntimeTicks, downtimeTicks, bytesPerSecond;
    private long multifdBytes, placedBytes;
    private long pagesAwaited, pageWaitTicks, longestPageWaitTicks;
    private int throttlePercent;
    private XbzrleStatistics? xbzrle;

    /// <summary>Bytes of the main stream read or written so far.</summary>
    public long StreamBytes => Volatile.Read(ref streamBytes);

    /// <summary>Bytes of the multifd channels read or written so far (<c>multifd-bytes</c>).</summary>
    public long MultifdBytes => Volatile.Read(ref multifdBytes);

    /// <summary>Bytes written at places of a file, beside the stream in it.</summary>
    public long PlacedBytes => Volatile.Read(ref placedBytes);

    /// <summary>All bytes of all channels (<c>transferred</c>).</summary>
    public long TransferredBytes => StreamBytes + MultifdBytes + PlacedBytes;

    /// <summary>What the cache of differences did (<c>xbzrle-cache</c>); null without XBZRLE.</summary>
    public XbzrleStatistics? Xbzrle => Volatile.Read(ref xbzrle);

    /// <summary>Page records with contents, repeats counted.</summary>
    public long NormalPages => Volatile.Read(ref normalPages);

    /// <summary>Zero-page records, repeats counted.</summary>
    public long ZeroPages => Volatile.Read(ref zeroPages);

    /// <summary>Page requests that came on the return path, in pages.</summary>
    public long RequestsReceived => Volatile.Read(ref requestsReceived);

    /// <summary>Page requests that were answered by sending the page (others were on their way already), in pages.</summary>
    public long RequestsServed => Volatile.Read(ref requestsServed);

    /// <summary>Sum of the used lengths of all RAM blocks.</summary>
    public long RamBytesTotal => Volatile.Read(ref ramBytesTotal);

    /// <summary>How often it was asked which pages the machine wrote to.</summary>
    public long DirtySyncCount => Volatile.Read(ref dirtySyncCount);

    /// <summary>RAM that had still to be sent after the last round, in bytes.</summary>
    public long RemainingBytes => Volatile.Read(ref remainingBytes);

    /// <summary>Rate at which the stream takes rounds, in bytes per second.</summary>
    public long BytesPerSecond => Volatile.Read(ref bytesPerSecond);

    /// <summary>How long the machine would have stood still had it been stopped after the last round.</summary>
    public TimeSpan ExpectedDowntime => TimeSpan.FromTicks(Volatile.Read(ref expectedDowntimeTicks));

    /// <summary>From the stop of the machine until the destination had it; zero before.</summary>
    public TimeSpan Downtime => TimeSpan.FromTicks(Volatile.Read(ref downtimeTicks));

    /// <summary>Share of its time that is taken from the machine so that the migration converges, in percent.</summary>
    public int ThrottlePercent => Volatile.Read(ref throttlePercent);

    /// <summary>Postcopy, destination: pages that somebody waited for and that have come.</summary>
    public long PagesAwaited => Volatile.Read(ref pagesAwaited);

    /// <summary>
    /// Postcopy, destination: how long they were waited for, all of them together, from the moment the fault was heard of. Breaks of the connection count.
    /// </summary>
    public TimeSpan PageWaitTime => TimeSpan.FromTicks(Volatile.Read(ref pageWaitTicks));

    /// <summary>Postcopy, destination: the longest of these waits.</summary>
    public TimeSpan LongestPageWait => TimeSpan.FromTicks(Volatile.Read(ref longestPageWaitTicks));

    internal void NoteRound(int round, long remaining, Live.ConvergencePolicy policy)
    {
        Volatile.Write(ref dirtySyncCount, round);
        Volatile.Write(ref remainingBytes, remaining);
        Volatile.Write(ref bytesPerSecond, (long)policy.BytesPerSecond);
        Volatile.Write(ref expectedDowntimeTicks, policy.ExpectedDowntime.Ticks);
        Volatile.Write(ref throttlePercent, policy.ThrottlePercent);
    }

    internal void SetDowntime(TimeSpan downtime) => Volatile.Write(ref downtimeTicks, downtime.Ticks);

    internal XbzrleStatistics BeginXbzrle(long cacheBytes)
    {
        var begun = new XbzrleStatistics(cacheBytes);
        Volatile.Write(ref xbzrle, begun);
        return begun;
    }

    /// <summary>A destination counts what it applied: it has no cache.</summary>
    internal void AddDifference(int length) => (xbzrle ?? BeginXbzrle(0)).AddHit(length);

    internal void AddMultifdBytes(long count) => Interlocked.Add(ref multifdBytes, count);

    internal void AddPlacedBytes(long count) => Interlocked.Add(ref placedBytes, count);

    internal void AddStreamBytes(long count) => Interlocked.Add(ref streamBytes, count);

    internal void SetStreamBytes(long count) => Volatile.Write(ref streamBytes, count);

    internal void AddPages(long normal, long zero)
    {
        if (normal != 0) Interlocked.Add(ref normalPages, normal);
        if (zero != 0) Interlocked.Add(ref zeroPages, zero);
    }

    internal void AddRequests(long received, long served)
    {
        if (received != 0) Interlocked.Add(ref requestsReceived, received);
        if (served != 0) Interlocked.Add(ref requestsServed, served);
    }

    /// <summary>One thread at a time.</summary>
    internal void AddPageWait(TimeSpan wait)
    {
        Interlocked.Increment(ref pagesAwaited);
        Interlocked.Add(ref pageWaitTicks, wait.Ticks);
        if (wait.Ticks > Volatile.Read(ref longestPageWaitTicks)) Volatile.Write(ref longestPageWaitTicks, wait.Ticks);
    }

    internal void SetRamBytesTotal(long bytes) => Volatile.Write(ref ramBytesTotal, bytes);
}
