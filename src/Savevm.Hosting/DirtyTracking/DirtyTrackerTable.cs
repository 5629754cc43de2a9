using Savevm.Linux.Pagemap;
using Savevm.Linux.Userfaultfd;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.DirtyTracking;

/// <summary>All ways to track writes, the best first. The first that this kernel, this user and this machine allow is taken.</summary>
public static class DirtyTrackerTable
{
    /// <summary>The accessor notes writes.</summary>
    public const string Software = "software";

    /// <summary>userfaultfd's asynchronous write protection and PAGEMAP_SCAN.</summary>
    public const string WriteProtect = "write-protect";

    /// <summary>Soft-dirty bits.</summary>
    public const string SoftDirty = "soft-dirty";

    /// <summary>The rows, the best first.</summary>
    public static IReadOnlyList<DirtyTrackerRow> Rows { get; } =
    [
        new(
            Software,
            "the accessor notes each write; needs nothing of the kernel",
            machine => machine.WritesByAccessorOnly ? null : "the machine does not promise that all its writes go through the accessor",
            machine => new SoftwareTracker(machine.Ram)),
        new(
            WriteProtect,
            "userfaultfd's asynchronous write protection, and PAGEMAP_SCAN; Linux 6.7",
            _ => AsyncWriteProtectProbe.Run(),
            machine => new WriteProtectTracker(machine.Ram)),
        new(
            SoftDirty,
            "soft-dirty bits of the page tables, writers paused for each collection; CONFIG_MEM_SOFT_DIRTY",
            machine => machine.Pause is null ? "its writers cannot be paused" : SoftDirtyTracker.Refusal(machine.Ram) ?? SoftDirtyProbe.Run(),
            machine => new SoftDirtyTracker(machine.Ram, machine.Pause!)),
    ];

    /// <summary>Makes the best tracker for a machine, or the one of a name.</summary>
    /// <param name="machine">What is to be tracked.</param>
    /// <param name="name">The only one to take; null for the best.</param>
    /// <exception cref="TrackerRefusedException">The one of this name, or every one, cannot be had; the message says why, for each.</exception>
    public static IDirtyTracker Open(TrackedMachine machine, string? name = null) => Open(Rows, machine, name);

    internal static IDirtyTracker Open(IReadOnlyList<DirtyTrackerRow> rows, TrackedMachine machine, string? name)
    {
        ArgumentNullException.ThrowIfNull(machine);
        DirtyTrackerRow[] candidates = [.. rows.Where(row => name is null || row.Name == name)];
        if (candidates.Length == 0)
            throw new TrackerRefusedException($"there is no tracker {name}; there are {string.Join(", ", rows.Select(row => row.Name))}");
        var reasons = new List<string>();
        foreach (var row in candidates)
        {
            if (row.Refusal(machine) is not { } reason) return row.Open(machine);
            reasons.Add($"{row.Name}: {reason}");
        }
        throw new TrackerRefusedException($"the writes of this machine cannot be tracked here: {string.Join("; ", reasons)}");
    }
}
