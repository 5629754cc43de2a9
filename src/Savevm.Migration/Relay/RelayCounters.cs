namespace Savevm.Migration.Relay;

/// <summary>What a relay did so far. Any thread may read it.</summary>
public sealed class RelayCounters
{
    private long forwardBytes, backwardBytes, requestedPages, answeredPages, sentPages;
    private int connections, recoveries;

    /// <summary>Bytes that came from the source.</summary>
    public long ForwardBytes => Volatile.Read(ref forwardBytes);

    /// <summary>Bytes that came from the destination.</summary>
    public long BackwardBytes => Volatile.Read(ref backwardBytes);

    /// <summary>Connections that the source opened.</summary>
    public int Connections => Volatile.Read(ref connections);

    /// <summary>How often a side came back after its connection broke.</summary>
    public int Recoveries => Volatile.Read(ref recoveries);

    /// <summary>Host pages that the destination asked for.</summary>
    public long RequestedPages => Volatile.Read(ref requestedPages);

    /// <summary>Those of them that were here already.</summary>
    public long AnsweredPages => Volatile.Read(ref answeredPages);

    /// <summary>Host pages that were sent on after the switch; again after a break.</summary>
    public long SentPages => Volatile.Read(ref sentPages);

    internal void AddForward(long bytes) => Interlocked.Add(ref forwardBytes, bytes);

    internal void AddBackward(long bytes) => Interlocked.Add(ref backwardBytes, bytes);

    internal void AddConnection() => Interlocked.Increment(ref connections);

    internal void AddRecovery() => Interlocked.Increment(ref recoveries);

    internal void AddRequest(bool isAnswered)
    {
        Interlocked.Increment(ref requestedPages);
        if (isAnswered) Interlocked.Increment(ref answeredPages);
    }

    internal void AddSent(int pages) => Interlocked.Add(ref sentPages, pages);
}
