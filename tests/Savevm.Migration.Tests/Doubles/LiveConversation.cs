using Savevm.Machine;
using Savevm.Migration.Incoming;
using Savevm.Migration.Live;
using Savevm.Transport;
using Savevm.Transport.Layers;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>A machine that runs, sent by the real engine to the real destination engine over a socket pair.</summary>
internal sealed class LiveConversation : IDisposable
{
    private readonly ChannelSet sourceEnds, destinationEnds;
    private readonly CountedThreads threads = new();

    /// <summary>With as many multifd channels; a layer for them knows the number of its channel.</summary>
    public LiveConversation(
        WritingMachine source, DestinationMachine destination, LiveOptions options, Func<IByteChannel, IByteChannel>? layer = null,
        int multifd = 0, Func<int, IByteChannel, IByteChannel>? multifdLayer = null, Func<LiveMachine, LiveMachine>? with = null, bool preempt = false)
    {
        var (sourceEnd, destinationEnd) = ChannelPair.Create();
        var pairs = Enumerable.Range(0, multifd).Select(_ => ChannelPair.Create()).ToArray();
        var urgent = preempt ? ChannelPair.Create() : default((IByteChannel Source, IByteChannel Destination)?);
        sourceEnds = new ChannelSet(
            layer is null ? sourceEnd : layer(sourceEnd), urgent is { } made ? new DeferredChannel("requested pages", () => made.Source) : null,
            [.. pairs.Select((pair, id) => multifdLayer is null ? pair.Item1 : multifdLayer(id, pair.Item1))]);
        // They may come in any order.
        destinationEnds = new ChannelSet(destinationEnd, urgent?.Destination, [.. pairs.Reverse().Select(pair => (IByteChannel)pair.Item2)]);
        Outgoing = new LiveMigration(with is null ? source.AsLive() : with(source.AsLive()), sourceEnds, options with { Surroundings = threads }) { StateChanged = state => OutgoingStates.Add(state) };
        Incoming = new IncomingMigration(destination, destinationEnds) { Surroundings = threads, SwitchoverAck = options.SwitchoverAck };
    }

    public LiveMigration Outgoing { get; }

    public IncomingMigration Incoming { get; }

    /// <summary>Written by the engine's thread; read it when the run is over.</summary>
    public List<MigrationState> OutgoingStates { get; } = [];

    public CancellationTokenSource Cancel { get; } = new();

    /// <summary>Runs both ends to their ends; the failures, where there were any.</summary>
    public async Task<(Exception? Outgoing, Exception? Incoming)> RunAsync()
    {
        var outgoing = EngineThread.Run(() => Outgoing.Run(Cancel.Token));
        var incoming = EngineThread.Run(() => Incoming.Run(CancellationToken.None));
        var both = Task.WhenAll(outgoing, incoming);
        if (await Task.WhenAny(both, Task.Delay(TimeSpan.FromSeconds(60))) != both)
            throw new TimeoutException($"neither end came to an end: outgoing {Outgoing.State}, incoming {Incoming.State}");
        return (await outgoing, await incoming);
    }

    /// <summary>What the destination takes in; for who breaks it.</summary>
    public ChannelSet DestinationEnds => destinationEnds;

    /// <summary>The engines started threads, and all of them have ended.</summary>
    public void AssertNoThreadIsLeft(int atLeast)
    {
        Assert.True(threads.Started >= atLeast, $"{threads.Started} threads");
        Assert.Equal(0, threads.Alive);
    }

    public void Dispose()
    {
        Incoming.Dispose();
        sourceEnds.Dispose();
        destinationEnds.Dispose();
        Cancel.Dispose();
    }
}
