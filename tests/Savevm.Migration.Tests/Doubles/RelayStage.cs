using System.Collections.Concurrent;
using Savevm.Migration.Relay;
using Savevm.Transport;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>A relay of which a test plays both sides.</summary>
internal sealed class RelayStage : IChannelListener
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly BlockingCollection<IByteChannel> coming = [], going = [];
    private readonly List<IByteChannel> ours = [];
    private readonly ConcurrentQueue<string> said = new();
    private readonly CancellationTokenSource stop = new();
    private readonly Task<Exception?> run;

    public RelayStage(long keepBytes = RelayOptions.MinKeepBytes, TimeSpan? waitLimit = null)
    {
        Relay = new RelayMigration(
            this,
            token =>
            {
                var (near, far) = ChannelPair.Create();
                going.Add(far, token);
                return near;
            },
            new RelayOptions
            {
                KeepBytes = keepBytes,
                WaitLimit = waitLimit,
                Note = said.Enqueue,
                Warn = said.Enqueue,
                SourceNotNeeded = () => said.Enqueue("the source is not needed"),
            });
        run = EngineThread.Run(() => Result = Relay.Run(stop.Token));
    }

    public RelayMigration Relay { get; }

    /// <summary>How it ended, when it ended well.</summary>
    public RelayResult? Result { get; private set; }

    public string Address => "stage";

    /// <summary>Everything that the relay said.</summary>
    public string Said => string.Join('\n', said);

    public IByteChannel Accept(CancellationToken cancellationToken) => coming.Take(cancellationToken);

    /// <summary>A connection to the relay, as a source makes it.</summary>
    public IByteChannel ComeToRelay()
    {
        var (near, far) = ChannelPair.Create();
        ours.Add(far);
        coming.Add(near);
        return far;
    }

    /// <summary>The next connection that the relay makes to the destination.</summary>
    public IByteChannel NextAtDestination()
    {
        Assert.True(going.TryTake(out var far, Patience), Said);
        ours.Add(far);
        return far;
    }

    /// <summary>Waits until the relay has said something.</summary>
    public void UntilSaid(string words) => Until(() => Said.Contains(words, StringComparison.Ordinal), words);

    public void Until(Func<bool> holds, string what) => Assert.True(SpinWait.SpinUntil(holds, Patience), $"{what}; the relay said: {Said}{(run.IsCompleted ? run.Result : null)}");

    /// <summary>Tells the relay to end.</summary>
    public Task<Exception?> StopAsync()
    {
        stop.Cancel();
        return EndAsync();
    }

    /// <summary>Waits for the end of the relay; the failure, where there was one.</summary>
    public Task<Exception?> EndAsync() => run.WaitAsync(Patience);

    public void Dispose()
    {
        stop.Cancel();
        foreach (var channel in ours) channel.Abort();
        run.Wait(Patience);
        Relay.Dispose();
        foreach (var channel in ours) channel.Dispose();
        while (going.TryTake(out var left)) left.Dispose();
        while (coming.TryTake(out var left)) left.Dispose();
        coming.Dispose();
        going.Dispose();
        stop.Dispose();
    }
}
