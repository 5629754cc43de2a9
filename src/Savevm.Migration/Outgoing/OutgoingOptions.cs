using Savevm.Machine.Ram;
using Savevm.Migration.Core;
using Savevm.Transport;

namespace Savevm.Migration.Outgoing;

/// <summary>How a machine that stands still is sent. Which journey it is, the engine does not know.</summary>
public sealed record OutgoingOptions
{
    /// <summary>Send devices first and let the destination run; its pages follow on request (postcopy).</summary>
    public bool Postcopy { get; init; }

    /// <summary>Names of RAM blocks that the destination has already (mapped from an image): announced, never sent.</summary>
    public IReadOnlySet<string> BlocksAtDestination { get; init; } = new HashSet<string>();

    /// <summary>
    /// Postcopy: pages that travel before the destination runs, as those of a first precopy round; null for none. One page of the machine
    /// always stays behind, since the switch to postcopy needs something to discard.
    /// </summary>
    public PageSet? PagesBeforeRun { get; init; }

    /// <summary>Postcopy: told of every page that the destination asks for; null where nobody wants to know.</summary>
    public IPageRequestLog? RequestLog { get; init; }

    /// <summary>
    /// Postcopy: called on the engine's thread when the connection broke after the switch, with what broke it; gives the new connection to the
    /// destination, which then belongs to the engine, or null when there will be none. Null: the first break ends the migration, and the guest waits
    /// at the destination (<see cref="OutgoingMigration.TakeUp"/>).
    /// </summary>
    public Func<Exception, CancellationToken, ChannelSet?>? Recovery { get; init; }

    /// <summary>Postcopy: bytes of the destination's host pages by the name of the RAM block, where they are not ordinary (huge pages).</summary>
    public IReadOnlyDictionary<string, long> HostPageBytes { get; init; } = new Dictionary<string, long>();

    /// <summary>Postcopy: push the pages that nobody asked for, too. Without it a page travels only on request.</summary>
    public bool PushUnrequested { get; init; } = true;

    /// <summary>Limit for unrequested pages in bytes per second; null for none.</summary>
    public long? BandwidthBytesPerSecond { get; init; }

    /// <summary>Unrequested pages per write in postcopy. Small keeps the wait of a requested page short.</summary>
    public int PushPages { get; init; } = 8;

    /// <summary>Clock and threads; others in the simulator.</summary>
    internal Surroundings Surroundings { get; init; } = Surroundings.Real;
}
