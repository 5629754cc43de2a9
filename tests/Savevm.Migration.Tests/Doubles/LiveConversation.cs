using Savevm.Machine;
using Savevm.Migration.Incoming;
using Savevm.Migration.Live;
using Savevm.Transport;
using Savevm.Transport.Channels;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>A machine that runs, sent by the real engine to the real destination engine over a socket pair.</summary>
internal sealed class LiveConversation : IDisposable
{
    private readonly SocketChannel sourceEnd, destinationEnd;
    private readonly ChannelSet channels;

    public LiveConversation(WritingMachine source, DestinationMachine destination, LiveOptions options, Func<IByteChannel, IByteChannel>? layer = null, Func<LiveMachine, LiveMachine>? with = null)
    {
        (sourceEnd, destinationEnd) = ChannelPair.Create();
        channels = new ChannelSet(layer is null ? sourceEnd : layer(sourceEnd));
        Outgoing = new LiveMigration(with is null ? source.AsLive() : with(source.AsLive()), channels, options) { StateChanged = state => OutgoingStates.Add(state) };
        Incoming = new IncomingMigration(destination, destinationEnd) { SwitchoverAck = options.SwitchoverAck };
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

    public void Dispose()
    {
        Incoming.Dispose();
        channels.Dispose();
        sourceEnd.Dispose();
        destinationEnd.Dispose();
        Cancel.Dispose();
    }
}
