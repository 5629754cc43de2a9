using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.ReturnPath;

namespace Savevm.Relays;

/// <summary>Hears the destination of a replay: counts its answers, ignores its requests, notes its last word.</summary>
internal sealed class ReplayAnswers
{
    private readonly object gate = new();
    private int pongs;
    private uint? shut;
    private bool hasEnded;

    /// <summary>The destination said that it has everything.</summary>
    public bool IsShut => Shut == 0;

    /// <summary>Its last word; null when it said none.</summary>
    public uint? Shut
    {
        get
        {
            lock (gate) return shut;
        }
    }

    /// <summary>Reads until the destination ends the connection.</summary>
    public bool Listen(IByteChannel channel)
    {
        var buffer = new byte[1 << 16];
        var filled = 0;
        try
        {
            while (channel.Read(buffer.AsSpan(filled)) is > 0 and var count)
            {
                filled += count;
                var consumed = 0;
                while (ReturnMessageReader.TryRead(buffer.AsSpan(consumed, filled - consumed), 0, out var message, out var bytes))
                {
                    consumed += bytes;
                    Take(message);
                }
                buffer.AsSpan(consumed, filled - consumed).CopyTo(buffer);
                filled -= consumed;
            }
        }
        catch (Exception failure) when (failure is IOException or WireException)
        {
            // It ended, in whatever way: who waits for a word finds that out.
        }
        Abort();
        return true;
    }

    /// <summary>Waits until so many pings were answered, or the time is over.</summary>
    public void AwaitPongs(int count, TimeSpan limit) => Await(() => pongs >= count, limit);

    /// <summary>Waits for the last word; false when none came.</summary>
    public bool AwaitShut(TimeSpan limit)
    {
        Await(() => shut is not null, limit);
        return Shut is not null;
    }

    /// <summary>Waits until the destination ends the connection.</summary>
    public void AwaitEnd(TimeSpan limit) => Await(() => false, limit);

    /// <summary>Nobody waits any more.</summary>
    public void Abort()
    {
        lock (gate)
        {
            hasEnded = true;
            Monitor.PulseAll(gate);
        }
    }

    private void Take(in ReturnMessage message)
    {
        lock (gate)
        {
            if (message.Type == ReturnMessageType.Pong) pongs++;
            else if (message.Type == ReturnMessageType.Shut) shut = message.Value;
            Monitor.PulseAll(gate);
        }
    }

    private void Await(Func<bool> holds, TimeSpan limit)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        lock (gate)
        {
            while (!hasEnded && !holds())
            {
                if (limit == Timeout.InfiniteTimeSpan)
                {
                    Monitor.Wait(gate);
                    continue;
                }
                var left = limit - waited.Elapsed;
                if (left <= TimeSpan.Zero) return;
                Monitor.Wait(gate, left);
            }
        }
    }
}
