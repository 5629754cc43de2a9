using System.Text.Json.Nodes;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu.Source;

/// <summary>How far a source is, in its own words (<c>query-migrate</c>).</summary>
public sealed record SourceProgress
{
    /// <summary>The state: <c>setup</c>, <c>active</c>, <c>completed</c> …; <c>none</c> before there was a migration.</summary>
    public required string Status { get; init; }

    /// <summary>Bytes of RAM sent.</summary>
    public long TransferredBytes { get; init; }

    /// <summary>Bytes of RAM still to be sent.</summary>
    public long RemainingBytes { get; init; }

    /// <summary>Bytes of RAM in all.</summary>
    public long TotalBytes { get; init; }

    /// <summary>How fast the guest writes to memory that was sent already, in bytes per second; 0 before the first round ended.</summary>
    public long DirtyBytesPerSecond { get; init; }

    /// <summary>How fast the bytes travel, per second.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>Which round over the dirty pages this is.</summary>
    public long Iteration { get; init; }

    /// <summary>How long QEMU expects the guest to stand still if it switched over now.</summary>
    public TimeSpan ExpectedDowntime { get; init; }

    /// <summary>How long the guest stood still; zero until the end (7.2 fills it in a moment after it says completed).</summary>
    public TimeSpan Downtime { get; init; }

    /// <summary>How long it took in all.</summary>
    public TimeSpan TotalTime { get; init; }

    /// <summary>Why it failed; null where QEMU says nothing.</summary>
    public string? Error { get; init; }

    /// <summary>It completed, failed or was cancelled.</summary>
    public bool IsOver => Status is "completed" or "failed" or "cancelled";

    /// <summary>QEMU is at work on it.</summary>
    public bool IsUnderWay => !IsOver && Status is not ("none" or "");

    internal static SourceProgress Parse(JsonNode? answer)
    {
        var ram = answer.Member("ram");
        long pageSize = ram.NumberOrNull("page-size") is { } size and > 0 ? size : 4096;
        return new SourceProgress
        {
            Status = answer.Text("status") ?? "none",
            TransferredBytes = ram.Number("transferred"),
            RemainingBytes = ram.Number("remaining"),
            TotalBytes = ram.Number("total"),
            DirtyBytesPerSecond = ram.Number("dirty-pages-rate") * pageSize,
            BytesPerSecond = (long)Math.Clamp(ram.Real("mbps") * 125_000, 0, long.MaxValue / 2),
            Iteration = ram.Number("dirty-sync-count"),
            ExpectedDowntime = Milliseconds(answer, "expected-downtime"),
            Downtime = Milliseconds(answer, "downtime"),
            TotalTime = Milliseconds(answer, "total-time"),
            Error = answer.Text("error-desc"),
        };
    }

    private static TimeSpan Milliseconds(JsonNode? answer, string name) =>
        TimeSpan.FromMilliseconds(Math.Clamp(answer.Number(name), 0, int.MaxValue));
}
