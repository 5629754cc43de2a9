using System.Diagnostics;
using Savevm.Migration.Core;
using Savevm.Transport;
using Savevm.Transport.Layers;

namespace Savevm.Migration.Relay;

/// <summary>
/// Stands between the source and the destination of one migration. Until the switch to postcopy it is a pipe that reads along; from there on it is a
/// destination for the source and a source for the destination, and keeps what is between them. <see cref="Run"/> blocks its thread.
/// </summary>
public sealed partial class RelayMigration : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(20), LastWord = TimeSpan.FromSeconds(2), ConnectRetry = TimeSpan.FromMilliseconds(50);

    private readonly IChannelListener listener;
    private readonly Func<CancellationToken, IByteChannel> connect;
    private readonly RelayOptions options;
    private readonly CancellationTokenSource over = new();
    private readonly Lock gate = new();
    private readonly List<RelayLink> links = [];
    private readonly List<ThrottledChannel> throttles = [];
    private volatile RelayPostcopy? postcopy;
    private volatile bool isFollowed, hasReturnPath, hasPonged, wantsEnd, endsEarly;
    private PeerLostException? deaf;
    private uint? shut;
    private Exception? fatal;

    /// <summary>Prepares to relay. Nothing is accepted yet.</summary>
    /// <param name="listener">Where the source connects to; it stays the caller's.</param>
    /// <param name="connect">Makes a connection to the destination.</param>
    /// <param name="options">How.</param>
    public RelayMigration(IChannelListener listener, Func<CancellationToken, IByteChannel> connect, RelayOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.KeepBytes, RelayOptions.MinKeepBytes);
        (this.listener, this.connect, this.options) = (listener, connect, options);
    }

    /// <summary>What passed so far; any thread may read it.</summary>
    public RelayCounters Counters { get; } = new();

    /// <summary>Where it stands, as <c>query-migrate</c> spells it.</summary>
    public MigrationState State => postcopy is { } later ? later.State : Counters.Connections > 0 ? MigrationState.Active : MigrationState.Setup;

    /// <summary>Pages that the destination lacks: those that only the source has, and those that are here.</summary>
    public RelayStanding? Standing => postcopy?.Standing;

    /// <summary>Relays one migration from its first connection to its end.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled before the switch to postcopy; the guest goes on at the source.</exception>
    /// <exception cref="PeerLostException">A side vanished, or nobody came in time.</exception>
    /// <exception cref="RelayInterruptedException">It ended in postcopy, before the destination had everything.</exception>
    public RelayResult Run(CancellationToken cancellationToken)
    {
        using var stop = cancellationToken.Register(AskToEnd);
        using var abort = over.Token.Register(AbortAll);
        RelayLink? main = null;
        IEngineThread? accepting = null;
        try
        {
            main = Open(AcceptFirst(), patient: true);
            main.Start(CarryMain, CarryBack, Broke);
            accepting = Surroundings.Real.Start("savevm relay accept", AcceptMore);
            main.Join();
            EndOthers();
        }
        finally
        {
            over.Cancel();
            accepting?.Join();
            foreach (var link in links) link.Join();
            postcopy?.Dispose();
        }
        return Judge(main, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var link in links) link.Dispose();
        over.Dispose();
    }

    private IByteChannel AcceptFirst()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(over.Token);
        if (options.WaitLimit is { } given) limit.CancelAfter(given);
        try
        {
            return listener.Accept(limit.Token);
        }
        catch (OperationCanceledException) when (!over.IsCancellationRequested)
        {
            throw new PeerLostException($"no source came to {listener.Address} within {options.WaitLimit!.Value.TotalSeconds:0.###} s");
        }
    }

    private void AcceptMore()
    {
        try
        {
            while (true) Admit(listener.Accept(over.Token));
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException or ObjectDisposedException)
        {
            if (failure is not OperationCanceledException) Fail(failure);
        }
    }

    /// <summary>A further connection of the source.</summary>
    private void Admit(IByteChannel accepted)
    {
        lock (gate)
        {
            if (postcopy is { } later)
            {
                later.Source.Offer(Wrap(accepted, links.Count + later.TakeNumber()));
                return;
            }
            var link = Open(accepted, patient: false);
            link.IsEarly = !hasPonged;
            link.Start(CarryOther, static link => link.CarryBackward(), Broke);
        }
    }

    private RelayLink Open(IByteChannel accepted, bool patient)
    {
        IByteChannel destination;
        try
        {
            destination = Connect(patient);
        }
        catch
        {
            accepted.Dispose();
            throw;
        }
        lock (gate)
        {
            var link = new RelayLink(links.Count, Wrap(accepted, links.Count), destination, Counters);
            links.Add(link);
            if (over.IsCancellationRequested) link.Abort();
            return link;
        }
    }

    private IByteChannel Connect(bool patient)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                return connect(over.Token);
            }
            catch (IOException) when (patient && waited.Elapsed < options.ConnectPatience)
            {
                over.Token.WaitHandle.WaitOne(ConnectRetry);
            }
            catch (IOException failure)
            {
                throw new PeerLostException($"the destination takes no connection: {failure.Message}", failure);
            }
        }
    }

    /// <summary>The source's end of a connection with what stands before it: a limit, a recorder.</summary>
    private IByteChannel Wrap(IByteChannel accepted, int number)
    {
        Counters.AddConnection();
        var channel = accepted;
        if (options.BandwidthBytesPerSecond is { } rate)
        {
            var throttled = new ThrottledChannel(channel, rate);
            throttles.Add(throttled);
            foreach (var one in throttles) one.BytesPerSecond = postcopy is null ? Math.Max(1, rate / throttles.Count) : 0;
            channel = throttled;
        }
        if (options.Recorder is not { } recorder) return channel;
        recorder.Opened(number);
        return new RecordedChannel(channel, number, recorder);
    }

    private IByteChannel ConnectAgain(CancellationToken cancellationToken)
    {
        if (wantsEnd) over.Cancel();
        cancellationToken.ThrowIfCancellationRequested();
        return connect(cancellationToken);
    }

    /// <summary>The user wants it to end. A guest of which pages are nowhere but here gets them first.</summary>
    private void AskToEnd()
    {
        wantsEnd = true;
        if (postcopy is { IsLastHope: true } later)
            options.Note($"the source is gone and {later.Standing.HeldPages} pages are only here: the destination gets them before the relay ends");
        else
            over.Cancel();
    }

    private void Broke(RelayLink link, Exception failure)
    {
        // The channel for requested pages belongs to who keeps the postcopy.
        if (link.IsTaken && link.Number != 0) return;
        if (shut == 0) link.Abort();
        else Fail(failure);
    }

    private void Fail(Exception failure)
    {
        if (!over.IsCancellationRequested) Interlocked.CompareExchange(ref fatal, failure, null);
        over.Cancel();
    }

    private void AbortAll()
    {
        lock (gate)
        {
            foreach (var link in links) link.Abort();
        }
        postcopy?.Abort();
    }

    /// <summary>The other channels of a migration that is over end by themselves, or are ended.</summary>
    private void EndOthers()
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < LastWord && !over.IsCancellationRequested; Thread.Sleep(Moment))
        {
            lock (gate)
            {
                if (links.TrueForAll(link => link.HasEnded)) return;
            }
        }
    }

    private RelayResult Judge(RelayLink main, CancellationToken cancellationToken)
    {
        if (postcopy is { } later)
        {
            return later.Destination.IsShut
                ? new RelayResult(IsFollowed: true, IsPostcopy: true, HasShut: true, later.Source.WasLost)
                : throw new RelayInterruptedException(later.Standing, fatal);
        }
        if (shut == 0) return new RelayResult(isFollowed, IsPostcopy: false, HasShut: true, SourceWasLost: false);
        cancellationToken.ThrowIfCancellationRequested();
        if (shut is { } code) throw new PeerRefusedException(code);
        if (fatal is { } failure) throw failure as PeerLostException ?? new PeerLostException(failure.Message, failure);
        if (isFollowed && hasReturnPath) throw new PeerLostException("a connection ended before the destination said that it has everything");
        if (endsEarly || (isFollowed && main.Tail is not { IsEnd: true })) throw new PeerLostException("the source's stream ended before its end mark");
        return new RelayResult(isFollowed, IsPostcopy: false, HasShut: false, SourceWasLost: false);
    }
}
