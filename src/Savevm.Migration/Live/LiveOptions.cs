using Savevm.Machine.Ram;
using Savevm.Migration.Core;
using Savevm.Migration.Metrics;
using Savevm.Transport;
using Savevm.Wire.Dialects;

namespace Savevm.Migration.Live;

/// <summary>How a running machine is sent.</summary>
public sealed record LiveOptions
{
    /// <summary>When the rounds end.</summary>
    public ConvergenceOptions Convergence { get; init; } = new();

    /// <summary>Tell the destination that postcopy may come; without it none can.</summary>
    public bool Postcopy { get; init; }

    /// <summary>How the destination wants to be spoken to. Both sides must agree; a QEMU's follows from its machine type.</summary>
    public StreamDialect Dialect { get; init; } = StreamDialect.Default;

    /// <summary>The machine is not stopped before the destination has agreed, as with QEMU's capability <c>switchover-ack</c>.</summary>
    public bool SwitchoverAck { get; init; }

    /// <summary>Tell the destination when the machine stands still. QEMU's releases before 10.0 refuse a stream that does.</summary>
    public bool SwitchoverStart { get; init; }

    /// <summary>How long devices that must leave before the machine is sent may take.</summary>
    public TimeSpan UnplugTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Send differences from the second round on; null for whole pages.</summary>
    public XbzrleOptions? Xbzrle { get; init; }

    /// <summary>How pages travel on the multifd channels; null for as they are, where there are such channels.</summary>
    public MultifdOptions? Multifd { get; init; }

    /// <summary>The main channel is a file in which pages lie at fixed places (QEMU's capability <c>mapped-ram</c>).</summary>
    public bool MappedRam { get; init; }

    /// <summary>Limit for RAM in bytes per second while the machine runs; null for none.</summary>
    public long? BandwidthBytesPerSecond { get; init; }

    /// <summary>
    /// Called on the engine's thread when the machine stands still and nothing of its last state was sent; the switch-over goes on when it
    /// returns, and the machine runs again when it throws. For who must release a disk first.
    /// </summary>
    public Action? BeforeSwitchover { get; init; }

    /// <summary>
    /// Told after each round, with the counters as they are then; called on the engine's thread. The counters go on changing. Null where nobody
    /// wants to know.
    /// </summary>
    public IProgress<MigrationStatistics>? Progress { get; init; }

    /// <summary>Postcopy: told of every page that the destination asks for; null where nobody wants to know.</summary>
    public IPageRequestLog? RequestLog { get; init; }

    /// <summary>
    /// Postcopy: called on the engine's thread when the connection broke, with the reason; gives a new one to a destination that waits for it, which
    /// becomes the engine's. May block, and be called again and again. Null, or a null answer: the migration ends here, and the machine waits at the
    /// destination for pages that only this side has.
    /// </summary>
    public Func<Exception, CancellationToken, ChannelSet?>? Recovery { get; init; }

    /// <summary>Unrequested pages per write in postcopy. Small keeps the wait of a requested page short.</summary>
    public int PushPages { get; init; } = 8;

    /// <summary>Clock and threads.</summary>
    internal Surroundings Surroundings { get; init; } = Surroundings.Real;
}
