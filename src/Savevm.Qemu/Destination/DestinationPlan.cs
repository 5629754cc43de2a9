namespace Savevm.Qemu.Destination;

/// <summary>How a QEMU that was started with <c>-incoming defer</c> is to wait for its state.</summary>
/// <param name="IncomingUri">Where it listens: <c>unix:PATH</c>.</param>
/// <param name="Postcopy">RAM comes on demand after the guest runs.</param>
/// <param name="Preempt">Pages asked for come on a connection of their own; only with postcopy.</param>
/// <param name="Describe">It is asked what it consists of; where it is known to be what was captured, that would cost time for nothing.</param>
public sealed record DestinationPlan(string IncomingUri, bool Postcopy, bool Preempt = false, bool Describe = false);
