using Savevm.Machine;
using Savevm.Transport;
using Savevm.Transport.Layers;
using Savevm.Wire;
using Savevm.Wire.Channels;

namespace Savevm.Migration.Incoming;

/// <summary>
/// Takes the connections of one migration, which all go to one address and come in any order, and tells them apart by their first bytes. A
/// connection that says nothing is the one for requested pages when that is what is missing: it says nothing before postcopy.
/// </summary>
public static class ChannelReception
{
    private const int MaxMultifd = 255;

    // The longest first element that tells a channel: a page record with its name, or the command that takes a migration up again.
    private const int MostFirstBytes = 512;

    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits for all of them.</summary>
    /// <param name="listener">Where they come.</param>
    /// <param name="expected">Which.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The channels; the caller disposes them.</returns>
    /// <exception cref="MachineRefusedException">One is of a kind that is not expected here, or one too many of its kind.</exception>
    /// <exception cref="PeerLostException">One ended before it said what it is, or not all came in time.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static ChannelSet Accept(IChannelListener listener, ExpectedChannels expected, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(listener);
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentOutOfRangeException.ThrowIfNegative(expected.Multifd);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(expected.Multifd, MaxMultifd);
        var accepted = new List<PeekedChannel>();
        try
        {
            return Sort(listener, expected, accepted, cancellationToken);
        }
        catch
        {
            foreach (var channel in accepted) channel.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The connection for requested pages, taken when postcopy begins: a source that is no QEMU 7.2 makes it late, and any source makes it after the main one.
    /// </summary>
    /// <param name="listener">Where it comes; nothing else may come there meanwhile.</param>
    public static IByteChannel Later(IChannelListener listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        return new DeferredChannel($"the channel for requested pages at {listener.Address}", listener.Accept);
    }

    /// <summary>
    /// Waits for a source that takes an interrupted postcopy up again. Connections that ended before they said so are passed over, and channels for
    /// requested pages: they are of an attempt that broke before they were taken.
    /// </summary>
    /// <param name="listener">Where it comes.</param>
    /// <param name="preempt">A channel for requested pages follows, as it did at first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The channels; the caller disposes them.</returns>
    /// <exception cref="MachineRefusedException">Another kind of connection came.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static ChannelSet AcceptAgain(IChannelListener listener, bool preempt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(listener);
        while (true)
        {
            var channel = new PeekedChannel(listener.Accept(cancellationToken));
            try
            {
                ChannelKind? kind;
                while ((kind = TryTell(channel)) is null) cancellationToken.ThrowIfCancellationRequested();
                if (kind == ChannelKind.Recovery) return new ChannelSet(channel, preempt ? Later(listener) : null);
                if (kind == ChannelKind.Preempt) throw new PeerLostException($"{channel.Name}: what it belonged to broke");
                throw new MachineRefusedException($"a source is to go on with a postcopy that was interrupted, and a connection of the kind {kind} came");
            }
            catch (PeerLostException)
            {
                channel.Dispose();
            }
            catch
            {
                channel.Dispose();
                throw;
            }
        }
    }

    private static ChannelSet Sort(IChannelListener listener, ExpectedChannels expected, List<PeekedChannel> accepted, CancellationToken cancellationToken)
    {
        var total = 1 + expected.Multifd + (expected.Preempt ? 1 : 0);
        accepted.Add(new PeekedChannel(listener.Accept(cancellationToken)));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(expected.Patience);
        try
        {
            while (accepted.Count < total) accepted.Add(new PeekedChannel(listener.Accept(patience.Token)));
            PeekedChannel? main = null, preempt = null;
            var multifd = new List<IByteChannel>();
            var silent = accepted.ToList();
            while (silent.Count > 0)
            {
                patience.Token.ThrowIfCancellationRequested();
                for (var index = silent.Count - 1; index >= 0; index--)
                {
                    if (TryTell(silent[index]) is not { } kind) continue;
                    Place(silent[index], kind);
                    silent.RemoveAt(index);
                }
                if (!expected.Preempt || preempt is not null || silent.Count != 1 || main is null || multifd.Count != expected.Multifd) continue;
                preempt = silent[0];
                break;
            }
            return new ChannelSet(main!, preempt, multifd);

            void Place(PeekedChannel channel, ChannelKind kind)
            {
                if (kind == ChannelKind.Main && main is null) main = channel;
                else if (kind == ChannelKind.Multifd && multifd.Count < expected.Multifd) multifd.Add(channel);
                else if (kind == ChannelKind.Preempt && expected.Preempt && preempt is null) preempt = channel;
                else throw new MachineRefusedException(Surplus(kind, expected));
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PeerLostException($"{accepted.Count} of {total} connections came to {listener.Address} within {expected.Patience.TotalSeconds:0.#} s and said what they are");
        }
    }

    private static string Surplus(ChannelKind kind, ExpectedChannels expected) => kind switch
    {
        ChannelKind.Main => "a second main channel came: two sources at one address",
        ChannelKind.Multifd => $"a multifd channel came that was not expected ({expected.Multifd} were): set multifd and multifd-channels alike on both sides",
        ChannelKind.Preempt => "a channel for requested pages came that was not expected: set postcopy-preempt alike on both sides",
        ChannelKind.Recovery => "a source wants to go on with a postcopy that was interrupted; here a new migration is waited for",
        ChannelKind.Cpr => "a source wants to hand over descriptors (cpr), which is not taken here",
        _ => "a connection came that begins with nothing that a QEMU sends first",
    };

    /// <summary>What a connection is, by what it has said so far; null while that is too little.</summary>
    private static ChannelKind? TryTell(PeekedChannel channel)
    {
        try
        {
            ChannelKind kind;
            while (!ChannelRecognition.TryRecognise(channel.Seen, out kind))
            {
                if (channel.Seen.Length == MostFirstBytes) return ChannelKind.Unknown;
                if (!channel.WaitForMore(Slice)) return null;
                if (!channel.Peek(MostFirstBytes)) throw new PeerLostException($"{channel.Name}: a connection ended before it said what it is");
            }
            return kind;
        }
        catch (WireException)
        {
            return ChannelKind.Unknown;
        }
        catch (IOException broken)
        {
            throw new PeerLostException($"{channel.Name}: a connection broke before it said what it is: {broken.Message}", broken);
        }
    }
}
