using Savevm.Simulator.Scheduling;

namespace Savevm.Simulator.Channels;

/// <summary>One direction of a connection: bytes that take their time, arrive in pieces, and may never arrive.</summary>
internal sealed class SimulatedPipe(Scheduler scheduler, int capacity, int maxPiece, int maxDelay, bool losesAtCut)
{
    private readonly Queue<(byte[] Bytes, long Arrival)> pieces = new();
    private int buffered, taken;
    private long lastArrival;

    /// <summary>Bytes that were written.</summary>
    public long Written { get; private set; }

    /// <summary>Where the one who writes cuts the cable, when somebody else decided that; null for never.</summary>
    public long? CutAfter { get; set; }

    /// <summary>No more will be written, and the reader will see that behind the last byte.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>The cable is cut. What was under way is lost, or arrives still.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Nobody will read any more.</summary>
    public bool IsDeaf { get; private set; }

    /// <summary>Whether a read returns at once.</summary>
    public bool IsReadable => (IsCut && (losesAtCut || pieces.Count == 0)) || (pieces.Count > 0 ? pieces.Peek().Arrival <= scheduler.Now : IsEnded && lastArrival <= scheduler.Now);

    /// <summary>When that will be, as far as is known.</summary>
    public long NextArrival => pieces.Count > 0 ? pieces.Peek().Arrival : IsEnded ? lastArrival : long.MaxValue;

    /// <summary>Writes some bytes; waits for room unless that is endless.</summary>
    public int Write(ReadOnlySpan<byte> bytes, bool mayWait)
    {
        if (IsCut || IsDeaf) throw new IOException("broken pipe");
        if (mayWait)
        {
            scheduler.Wait(() => buffered < capacity || IsCut || IsDeaf || IsEnded, Timeout.InfiniteTimeSpan);
            if (IsCut || IsDeaf || IsEnded) throw new IOException("broken pipe");
        }
        var count = Math.Min(bytes.Length, mayWait ? Math.Min(maxPiece, capacity - buffered) : bytes.Length);
        lastArrival = Math.Max(lastArrival, scheduler.Now + scheduler.Random.Next(maxDelay + 1));
        pieces.Enqueue((bytes[..count].ToArray(), lastArrival));
        buffered += count;
        Written += count;
        return count;
    }

    /// <summary>Reads what is there; 0 at the end.</summary>
    public int Read(Span<byte> buffer)
    {
        scheduler.Wait(() => IsReadable, Timeout.InfiniteTimeSpan);
        if (IsCut && (losesAtCut || pieces.Count == 0)) throw new IOException("connection reset");
        if (pieces.Count == 0) return 0;
        var (bytes, _) = pieces.Peek();
        var count = Math.Min(buffer.Length, bytes.Length - taken);
        if (count > 1 && scheduler.Random.Next(3) == 0) count = scheduler.Random.Next(1, count + 1);
        bytes.AsSpan(taken, count).CopyTo(buffer);
        taken += count;
        buffered -= count;
        if (taken == bytes.Length)
        {
            pieces.Dequeue();
            taken = 0;
        }
        return count;
    }

    public void End()
    {
        lastArrival = Math.Max(lastArrival, scheduler.Now + scheduler.Random.Next(maxDelay + 1));
        IsEnded = true;
    }

    public void Cut() => IsCut = true;

    public void Deafen() => IsDeaf = true;
}
