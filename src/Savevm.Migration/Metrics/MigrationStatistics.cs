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

    /// <summary>Bytes of the main stream read or written so far.</summary>
    public long StreamBytes => Volatile.Read(ref streamBytes);

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

    internal void SetRamBytesTotal(long bytes) => Volatile.Write(ref ramBytesTotal, bytes);
}
