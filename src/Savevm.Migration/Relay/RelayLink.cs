using Savevm.Migration.Core;
using Savevm.Migration.Incoming;
using Savevm.Transport;
using Savevm.Transport.Channels;

namespace Savevm.Migration.Relay;

/// <summary>One connection of the source and the one to the destination that answers it, with a thread for each direction.</summary>
/// <param name="number">Its number; 0 is the main one.</param>
/// <param name="source">The source's connection.</param>
/// <param name="destination">Ours to the destination.</param>
/// <param name="counters">Counts what passes.</param>
internal sealed class RelayLink(int number, IByteChannel source, IByteChannel destination, RelayCounters counters) : IDisposable
{
    private const int CopyBytes = 1 << 18;

    private IEngineThread? forward, backward;
    private Exception? failure;

    /// <summary>Its number.</summary>
    public int Number { get; } = number;

    /// <summary>The source's connection.</summary>
    public IByteChannel Source { get; } = source;

    /// <summary>Ours to the destination.</summary>
    public IByteChannel Destination { get; } = destination;

    /// <summary>The source has sent something on it.</summary>
    public bool HasSpoken { get; set; }

    /// <summary>It was opened before the destination had answered anything.</summary>
    public bool IsEarly { get; set; }

    /// <summary>It became part of a postcopy: who keeps that looks after it.</summary>
    public bool IsTaken { get; set; }

    /// <summary>The source ended its direction in order.</summary>
    public bool ForwardEnded { get; private set; }

    /// <summary>The destination ended its direction in order.</summary>
    public bool BackwardEnded { get; private set; }

    /// <summary>The last bytes that went forward, where they are looked at.</summary>
    public StreamTail? Tail { get; private set; }

    /// <summary>Why it broke.</summary>
    public Exception? Failure => Volatile.Read(ref failure);

    /// <summary>Starts both threads.</summary>
    /// <param name="carryForward">What the first does; when it returns the source ended its direction.</param>
    /// <param name="carryBackward">What the second does.</param>
    /// <param name="broke">Called when one of them fails.</param>
    public void Start(Action<RelayLink> carryForward, Action<RelayLink> carryBackward, Action<RelayLink, Exception> broke)
    {
        backward = Surroundings.Real.Start($"savevm relay back {Number}", () => Guard(() =>
        {
            carryBackward(this);
            BackwardEnded = true;
            if (!IsTaken) Source.CloseWrite();
        }, broke));
        forward = Surroundings.Real.Start($"savevm relay {Number}", () => Guard(() =>
        {
            carryForward(this);
            ForwardEnded = true;
            if (!IsTaken) Destination.CloseWrite();
        }, broke));
    }

    /// <summary>Waits until both directions have ended.</summary>
    public void Join()
    {
        forward?.Join();
        backward?.Join();
    }

    /// <summary>Whether both directions ended within the time.</summary>
    public bool HasEnded => forward is { IsAlive: false } && backward is { IsAlive: false };

    /// <summary>Breaks both connections.</summary>
    public void Abort()
    {
        Source.Abort();
        Destination.Abort();
    }

    /// <summary>Carries forward until the source ends its direction, first what was read already. The bytes are not looked at.</summary>
    public void CarryForward(ForwardWindow begun)
    {
        Pass(begun);
        using var spliced = SplicedCarrier.Between(Source, Destination);
        if (spliced is null)
        {
            CarryCopied(begun);
            return;
        }
        while (spliced.Carry() is > 0 and var count) counters.AddForward(count);
    }

    /// <summary>The same, with a look at the last bytes.</summary>
    public void CarryForwardToEnd(ForwardWindow begun)
    {
        Tail = new StreamTail();
        Pass(begun);
        CarryCopied(begun);
    }

    /// <summary>Carries back until the destination ends its direction.</summary>
    public void CarryBackward()
    {
        var buffer = GC.AllocateUninitializedArray<byte>(CopyBytes >> 2, pinned: true);
        while (Destination.Read(buffer) is > 0 and var count)
        {
            counters.AddBackward(count);
            // The channel for requested pages says nothing back; when it ends, it is not for the source to know.
            if (!IsTaken) Source.Write(buffer.AsSpan(0, count));
        }
    }

    /// <summary>Passes on so many bytes of what was read.</summary>
    public void Pass(ForwardWindow window, int count)
    {
        if (count == 0) return;
        Tail?.Add(window.Unread[..count]);
        Destination.Write(window.Unread[..count]);
        window.Consume(count);
        counters.AddForward(count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Source.Dispose();
        Destination.Dispose();
    }

    private void Pass(ForwardWindow window) => Pass(window, window.Unread.Length);

    private void CarryCopied(ForwardWindow window)
    {
        while (window.Fill(CopyBytes)) Pass(window);
    }

    private void Guard(Action carry, Action<RelayLink, Exception> broke)
    {
        try
        {
            carry();
        }
        catch (Exception error)
        {
            Interlocked.CompareExchange(ref failure, error, null);
            broke(this, error);
        }
    }
}
