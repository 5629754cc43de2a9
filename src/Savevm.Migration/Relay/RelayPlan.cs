using Savevm.Machine.Ram;
using Savevm.Transport;

namespace Savevm.Migration.Relay;

/// <summary>What the beginning of a stream told of the postcopy that follows.</summary>
internal sealed record RelayPlan
{
    /// <summary>The machine's RAM.</summary>
    public required IReadOnlyList<RamBlock> Blocks { get; init; }

    /// <summary>The id of its section.</summary>
    public required uint RamSectionId { get; init; }

    /// <summary>Makes a connection to the destination.</summary>
    public required Func<CancellationToken, IByteChannel> Connect { get; init; }

    /// <summary>There is a channel for requested pages.</summary>
    public bool HasPreempt { get; init; }

    /// <summary>That channel comes together with the main one, as QEMU 7.2 has it, and not when it is needed.</summary>
    public bool IsPreemptEarly { get; init; }
}
