using Savevm.Machine.Ram;
using Savevm.Migration.Core;
using Savevm.Migration.Pages;

namespace Savevm.Migration.Outgoing;

/// <summary>How pages travel after the switch to postcopy.</summary>
internal sealed record PostcopySettings
{
    public required uint RamSectionId { get; init; }

    public required HostPages HostPages { get; init; }

    /// <summary>Blocks that the destination has already.</summary>
    public IReadOnlySet<int> SkippedBlocks { get; init; } = new HashSet<int>();

    public IPageRequestLog? RequestLog { get; init; }

    /// <summary>The destination has its devices already: after a recovery.</summary>
    public bool IsLoaded { get; init; }

    public bool PushUnrequested { get; init; } = true;

    public long? BandwidthBytesPerSecond { get; init; }

    public int PushPages { get; init; } = 8;

    public Surroundings Surroundings { get; init; } = Surroundings.Real;
}
