using System.Text;
using Savevm.Machine.Ram;
using Savevm.Migration.Core;
using Savevm.Migration.Metrics;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Multifd;

namespace Savevm.Migration.Incoming.Multifd;

/// <summary>
/// The multifd channels of a destination, a thread for each. The main channel's thread tells it the blocks, and comes to its marks; when one
/// channel fails all of them do, and the main channel too.
/// </summary>
internal sealed class MultifdReceiver : IDisposable
{
    private readonly MultifdReceiveChannel[] channels;
    private readonly IRamSink sink;
    private readonly Action broken;
    private readonly ManualResetEventSlim declared = new();
    private readonly bool[] taken;
    private readonly Lock registry = new();
    private IReadOnlyList<RamBlock>? blocks;
    private byte[][] names = [];
    private Guid? uuid;
    private volatile bool hasEnded, isComplete;

    /// <summary>Prepares the channels; nothing is read yet.</summary>
    /// <param name="set">The channels, in any order: each says its number itself.</param>
    /// <param name="sink">Where pages go.</param>
    /// <param name="statistics">Counted in.</param>
    /// <param name="broken">Called on a channel's thread when it failed, after <see cref="Failure"/> is set: ends what the main channel waits for.</param>
    public MultifdReceiver(IReadOnlyList<IByteChannel> set, IRamSink sink, MigrationStatistics statistics, Action broken)
    {
        (this.sink, this.broken) = (sink, broken);
        Gate = new SyncGate(set.Count);
        taken = new bool[set.Count];
        channels = [.. set.Select(channel => new MultifdReceiveChannel(channel, this, statistics))];
    }

    /// <summary>Begins to read all channels.</summary>
    public void Start(Surroundings surroundings)
    {
        foreach (var channel in channels) channel.Start(surroundings);
    }

    /// <summary>Why a channel failed; null where none did.</summary>
    public Exception? Failure => Gate.Failure;

    /// <summary>Where all wait for each other.</summary>
    internal SyncGate Gate { get; }

    /// <summary>The machine is about to run, or runs: no page comes here any more.</summary>
    internal bool HasEnded => hasEnded;

    /// <summary>The blocks are known to the sink.</summary>
    public void Declare(IReadOnlyList<RamBlock> list)
    {
        names = [.. list.Select(block => Encoding.ASCII.GetBytes(block.IdStr))];
        blocks = list;
        declared.Set();
    }

    /// <summary>The main channel is at a mark: returns when all channels have applied what was sent before it.</summary>
    /// <exception cref="PeerLostException">A channel ended before.</exception>
    public void Mark(long offset)
    {
        if (!hasEnded) Gate.Mark(offset);
    }

    /// <summary>Postcopy begins: from now on pages come on the other channels alone.</summary>
    public void EndPages() => hasEnded = true;

    /// <summary>The main channel is at its end. Throws unless everything was marked.</summary>
    public void DemandEnd(long offset)
    {
        Gate.DemandEnd(offset);
        // The source closes the channels as it likes from now on.
        isComplete = true;
    }

    /// <summary>Breaks the channels and waits for their threads.</summary>
    public void End()
    {
        isComplete = true;
        Gate.Close();
        declared.Set();
        foreach (var channel in channels) channel.Abort();
        foreach (var channel in channels) channel.Join();
    }

    /// <summary>The same, and gives everything back.</summary>
    public void Dispose()
    {
        End();
        foreach (var channel in channels) channel.Dispose();
        declared.Dispose();
    }

    /// <summary>Takes the number that a channel says it has.</summary>
    internal int Register(MultifdInitialPacket packet, long offset)
    {
        lock (registry)
        {
            uuid ??= packet.Uuid;
            if (packet.Uuid != uuid) throw new WireException(offset, $"a multifd channel of the machine {packet.Uuid} beside one of {uuid}");
            if (packet.ChannelId >= taken.Length) throw new WireException(offset, $"multifd channel {packet.ChannelId} of {taken.Length}");
            if (taken[packet.ChannelId]) throw new WireException(offset, $"two multifd channels have the number {packet.ChannelId}");
            taken[packet.ChannelId] = true;
            return packet.ChannelId;
        }
    }

    /// <summary>The blocks, as soon as the main channel told them; null when it never will.</summary>
    internal IReadOnlyList<RamBlock>? AwaitBlocks()
    {
        if (!declared.IsSet) declared.Wait();
        return blocks;
    }

    internal ReadOnlySpan<byte> NameOf(int block) => names[block];

    internal IPageWriter OpenWriter()
    {
        lock (registry) return sink.OpenWriter();
    }

    internal void Fail(Exception failure)
    {
        // A silent channel that breaks takes nothing away.
        if (isComplete || (hasEnded && failure is PeerLostException)) return;
        Gate.Fail(failure);
        broken();
    }
}
