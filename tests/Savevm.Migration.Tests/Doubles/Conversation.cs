using Savevm.Migration.Incoming;
using Savevm.Migration.Outgoing;
using Savevm.Transport;
using Savevm.Transport.Channels;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>Runs the real source engine against the real destination engine over a socket pair.</summary>
internal sealed class Conversation : IDisposable
{
    private readonly SocketChannel sourceEnd;
    private readonly SocketChannel destinationEnd;
    private readonly ChannelSet channels;

    public Conversation(TestMachine source, TestMachine destination, OutgoingOptions options, bool runsEarly = true, Func<IByteChannel, IByteChannel>? layer = null)
    {
        (sourceEnd, destinationEnd) = ChannelPair.Create();
        channels = new ChannelSet(layer is null ? sourceEnd : layer(sourceEnd));
        Outgoing = new OutgoingMigration(source.AsSource(), channels, options) { StateChanged = state => Add(OutgoingStates, state) };
        Incoming = new IncomingMigration(destination.AsDestination(runsEarly), destinationEnd) { StateChanged = state => Add(IncomingStates, state) };
    }

    public OutgoingMigration Outgoing { get; }

    public IncomingMigration Incoming { get; }

    public List<MigrationState> OutgoingStates { get; } = [];

    public List<MigrationState> IncomingStates { get; } = [];

    public CancellationTokenSource CancelOutgoing { get; } = new();

    public CancellationTokenSource CancelIncoming { get; } = new();

    /// <summary>Runs both ends to their ends; the failures, where there were any.</summary>
    public async Task<(Exception? Outgoing, Exception? Incoming, IncomingResult? Result)> RunAsync()
    {
        IncomingResult? result = null;
        var outgoing = EngineThread.Run(() => Outgoing.Run(CancelOutgoing.Token));
        var incoming = EngineThread.Run(() => result = Incoming.Run(CancelIncoming.Token));
        var both = Task.WhenAll(outgoing, incoming);
        if (await Task.WhenAny(both, Task.Delay(TimeSpan.FromSeconds(30))) != both) throw new TimeoutException($"neither end came to an end: outgoing {Outgoing.State}, incoming {Incoming.State}");
        return (await outgoing, await incoming, result);
    }

    public void Dispose()
    {
        Incoming.Dispose();
        channels.Dispose();
        sourceEnd.Dispose();
        destinationEnd.Dispose();
        CancelIncoming.Dispose();
        CancelOutgoing.Dispose();
    }

    private static void Add(List<MigrationState> states, MigrationState state)
    {
        lock (states) states.Add(state);
    }
}
