using System.Runtime.ExceptionServices;
using Savevm.Wire;

namespace Savevm.Migration.Incoming.Multifd;

/// <summary>
/// Where the multifd channels of a destination and its main channel wait for each other: at each mark every channel has applied what was sent
/// before its SYNC packet, and none goes on before all have. So no page of an earlier round can overtake one of a later.
/// </summary>
internal sealed class SyncGate(int channels)
{
    private readonly object gate = new();
    private readonly long[] arrived = new long[channels];
    private readonly bool[] ended = new bool[channels];
    private readonly bool[] hasLoosePages = new bool[channels];
    private ExceptionDispatchInfo? failure;
    private long marks;
    private bool isClosed;

    /// <summary>The first failure of a channel; null where none failed.</summary>
    public Exception? Failure
    {
        get
        {
            lock (gate) return failure?.SourceException;
        }
    }

    /// <summary>A channel came to a SYNC packet. Returns when all channels and the main channel are there. False when the channel is to end.</summary>
    public bool Arrive(int channel)
    {
        lock (gate)
        {
            hasLoosePages[channel] = false;
            var mine = ++arrived[channel];
            Monitor.PulseAll(gate);
            while (marks < mine && failure is null && !isClosed) Monitor.Wait(gate);
            return failure is null && !isClosed;
        }
    }

    /// <summary>A channel applied pages that no SYNC packet follows yet.</summary>
    public void NotePages(int channel)
    {
        // Only its own thread writes it; the lock is for whoever looks at the end.
        if (hasLoosePages[channel]) return;
        lock (gate) hasLoosePages[channel] = true;
    }

    /// <summary>A channel's stream ended.</summary>
    public void End(int channel)
    {
        lock (gate)
        {
            ended[channel] = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>A channel failed; whoever waits is told. The first failure counts.</summary>
    public void Fail(Exception reason)
    {
        lock (gate)
        {
            failure ??= ExceptionDispatchInfo.Capture(reason);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>The main channel came to a mark. Returns when every channel has, and lets all go on.</summary>
    /// <exception cref="PeerLostException">A channel ended before it came to the mark.</exception>
    public void Mark(long offset)
    {
        lock (gate)
        {
            for (var channel = 0; channel < arrived.Length; channel++)
            {
                while (arrived[channel] <= marks && failure is null && !ended[channel]) Monitor.Wait(gate);
                failure?.Throw();
                if (arrived[channel] <= marks)
                    throw new PeerLostException($"multifd channel {channel} ended before the mark at offset 0x{offset:x} of the stream");
            }
            marks++;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>The stream came to its end: nothing that a channel brought may be behind the last mark.</summary>
    /// <exception cref="WireException">Something is.</exception>
    public void DemandEnd(long offset)
    {
        lock (gate)
        {
            failure?.Throw();
            for (var channel = 0; channel < arrived.Length; channel++)
            {
                if (hasLoosePages[channel] || arrived[channel] > marks)
                    throw new WireException(offset, $"the stream ends, and multifd channel {channel} brought pages or a SYNC packet that no mark follows");
            }
        }
    }

    /// <summary>Whoever waits is to end.</summary>
    public void Close()
    {
        lock (gate)
        {
            isClosed = true;
            Monitor.PulseAll(gate);
        }
    }
}
