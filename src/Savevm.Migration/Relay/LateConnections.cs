using System.Collections.Concurrent;
using Savevm.Migration.Core;
using Savevm.Migration.Incoming;
using Savevm.Transport;
using Savevm.Transport.Layers;
using Savevm.Wire;
using Savevm.Wire.Channels;

namespace Savevm.Migration.Relay;

/// <summary>
/// The connections that come after the switch to postcopy: the one with which the source comes back, the one for requested pages, and those that have no
/// place here. Each is looked at by a thread of its own, for one that says nothing must not hold up the others; of strangers there are only so many.
/// </summary>
/// <param name="readPages">Reads the channel for requested pages to its end.</param>
/// <param name="held">Tells whether pages are still to come.</param>
/// <param name="warn">Is told of those that are refused.</param>
internal sealed class LateConnections(Action<ForwardWindow> readPages, HeldPages held, Action<string> warn) : IDisposable
{
    /// <summary>An honest source has two, and perhaps two more that broke and were not closed yet.</summary>
    internal const int MostAtOnce = 16;

    private const int FirstBytes = 512, MostWithThoseThatLeave = 4 * MostAtOnce;

    private static readonly TimeSpan SilenceOfPreempt = TimeSpan.FromMilliseconds(300);

    private readonly BlockingCollection<PeekedChannel> returned = [];
    private readonly List<Visitor> living = [];
    private readonly Lock gate = new();
    private bool hasEnded, wasCrowded;

    /// <summary>A connection that the source, or somebody, has opened. Any thread.</summary>
    public void Offer(IByteChannel accepted)
    {
        lock (gate)
        {
            // Who says nothing must not keep the source out: the oldest of them goes.
            if (living.Count(known => !known.IsLeaving) >= MostAtOnce && living.Find(known => known is { IsSource: false, IsLeaving: false }) is { } oldest)
            {
                oldest.IsLeaving = true;
                oldest.Channel.Abort();
            }
            if (!hasEnded && living.Count < MostWithThoseThatLeave)
            {
                var visitor = new Visitor(new PeekedChannel(accepted));
                living.Add(visitor);
                visitor.Thread = Surroundings.Real.Start("savevm relay channel", () => Sort(visitor));
                return;
            }
        }
        accepted.Abort();
        accepted.Dispose();
        if (!wasCrowded) warn($"more than {MostWithThoseThatLeave} connections at once: the newest are refused");
        wasCrowded = true;
    }

    /// <summary>Waits for the source to come back; null when it does not in time. <see cref="Release"/> it when it is of no use any more.</summary>
    /// <exception cref="OperationCanceledException">The relay ends.</exception>
    public IByteChannel? Await(TimeSpan? limit, CancellationToken cancellation)
    {
        var milliseconds = limit is { } given ? (int)Math.Min(given.TotalMilliseconds, int.MaxValue) : Timeout.Infinite;
        return returned.TryTake(out var next, milliseconds, cancellation) ? next : null;
    }

    /// <summary>A connection that broke is closed. Nothing happens to one that did not come from here.</summary>
    public void Release(IByteChannel? channel)
    {
        lock (gate)
        {
            if (living.RemoveAll(known => known.Channel == channel) > 0) channel!.Dispose();
        }
    }

    /// <summary>Breaks all of them. Any thread.</summary>
    public void Abort()
    {
        lock (gate)
        {
            foreach (var visitor in living) visitor.Channel.Abort();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        IEngineThread?[] threads;
        lock (gate)
        {
            hasEnded = true;
            threads = [.. living.Select(visitor => visitor.Thread)];
        }
        Abort();
        foreach (var thread in threads) thread?.Join();
        foreach (var visitor in living) visitor.Channel.Dispose();
        returned.Dispose();
    }

    private void Sort(Visitor visitor)
    {
        var accepted = visitor.Channel;
        try
        {
            var kind = Recognise(accepted);
            if (kind == ChannelKind.Recovery)
            {
                visitor.IsSource = true;
                returned.Add(accepted);
                return;
            }
            if (kind == ChannelKind.Preempt && !held.IsWhole)
            {
                using var window = new ForwardWindow(accepted);
                readPages(window);
            }
            else if (kind != ChannelKind.Preempt)
            {
                warn($"a connection was refused that has no place in this migration ({kind})");
            }
        }
        catch (Exception failure) when (failure is IOException or WireException)
        {
            // It was none, or is none any more.
        }
        accepted.Abort();
        Release(accepted);
    }

    private static ChannelKind Recognise(PeekedChannel accepted)
    {
        ChannelKind kind;
        while (!ChannelRecognition.TryRecognise(accepted.Seen, out kind))
        {
            // The channel for requested pages says nothing before the first of them.
            if (!accepted.WaitForMore(SilenceOfPreempt)) return ChannelKind.Preempt;
            if (accepted.Seen.Length >= FirstBytes || !accepted.Peek(FirstBytes)) break;
        }
        return kind;
    }

    /// <summary>One of them.</summary>
    private sealed class Visitor(PeekedChannel channel)
    {
        public PeekedChannel Channel { get; } = channel;

        public IEngineThread? Thread { get; set; }

        public bool IsSource { get; set; }

        public bool IsLeaving { get; set; }
    }
}
