using Savevm.Migration.ReturnPath;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.ReturnPath;

namespace Savevm.Migration.Relay;

/// <summary>The parts of a relay in postcopy: what it keeps, its side towards the source, its side towards the destination.</summary>
internal sealed class RelayPostcopy : IDisposable
{
    private readonly HeldPages held;
    private int numbers;

    /// <summary>Everything is ready; nothing is read or sent yet.</summary>
    public RelayPostcopy(
        RelayLink main, RelayLink? preempt, StreamFollower follower, Func<CancellationToken, IByteChannel> connect, RelayOptions options, RelayCounters counters,
        CancellationToken cancellation)
    {
        var plan = new RelayPlan
        {
            Blocks = follower.Blocks,
            RamSectionId = follower.RamSectionId!.Value,
            Connect = connect,
            HasPreempt = preempt is not null,
            IsPreemptEarly = preempt is { IsEarly: true },
        };
        held = new HeldPages(follower.Blocks, follower.UnitPages, options.KeepBytes);
        held.Expect(follower.Missing!);
        Source = new RelaySource(plan, held, options, counters, cancellation);
        Destination = new RelayDestination(plan, held, Source, options, counters, cancellation);
        Source.Begin(main.Source, Destination);
        Destination.Begin(new ChannelSet(main.Destination, preempt?.Destination));
    }

    /// <summary>The side towards the source.</summary>
    public RelaySource Source { get; }

    /// <summary>The side towards the destination.</summary>
    public RelayDestination Destination { get; }

    /// <summary>Where it stands.</summary>
    public RelayStanding Standing => new(held.OutstandingPages, held.HeldUnits + held.SentUnits, !Source.IsAway && !Source.WasLost, Destination.IsConnected);

    /// <summary>The same in QEMU's words.</summary>
    public MigrationState State =>
        Destination.IsShut ? MigrationState.Completed
        : Source.IsAway || !Destination.IsConnected ? MigrationState.PostcopyPaused
        : MigrationState.PostcopyActive;

    /// <summary>Without this relay the guest is lost: the source is gone, and the destination is taking what is here.</summary>
    public bool IsLastHope => held.IsWhole && Source.WasLost && Destination.IsConnected;

    /// <summary>A number for a connection that came after the switch.</summary>
    public int TakeNumber() => numbers++;

    /// <summary>Hears the destination until it has everything, from this message on.</summary>
    public void Hear(ReturnPathReader reader, in ReturnMessage first, long at)
    {
        WireException? defect = null;
        try
        {
            Destination.Take(first, at);
        }
        catch (WireException found)
        {
            defect = found;
        }
        Destination.Run(reader, defect);
    }

    /// <summary>The same when its connection broke, or said something that is no message, before that.</summary>
    public void Hear(ReturnPathReader reader, Exception broken) => Destination.Run(reader, broken);

    /// <summary>Ends everything that waits. Any thread.</summary>
    public void Abort()
    {
        held.End();
        Destination.Abort();
        Source.Abort();
    }

    /// <summary>When no thread of the relay uses it any more.</summary>
    public void Dispose()
    {
        Source.Dispose();
        held.Dispose();
    }
}
