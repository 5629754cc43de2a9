using Savevm.Qemu;
using Savevm.Qemu.Recovery;
using Savevm.Repository.Snapshots;

namespace Savevm.Running;

/// <summary>Finds the guests that run from a snapshot, by the run directories of this user.</summary>
internal static class RunningGuests
{
    /// <summary>In the order in which they were started. An open snapshot that was renamed is still the same.</summary>
    public static IReadOnlyList<RunningGuest> Of(Snapshot snapshot) =>
        SnapshotIdentity.Of(snapshot) is not { } identity ? [] :
        [
            .. RunDirectory.RunningGuests()
                .Where(guest => guest.SnapshotIdentity == identity)
                .OrderBy(guest => guest.Started)
                .ThenBy(guest => guest.Number)
                .Select(guest => new RunningGuest
                {
                    Name = guest.Name,
                    Number = guest.Number,
                    ProcessId = guest.ProcessId!.Value,
                    Mode = guest.Mode,
                    Since = guest.Started,
                    MonitorPath = guest.Monitor,
                    RunDirectory = guest.Folder,
                    WaitsForRam = UnfinishedPostcopy.Read(guest.Folder) is not null,
                })
                .Select(guest => guest with { IsInterrupted = guest.WaitsForRam && UnfinishedPostcopy.IsAbandoned(guest.RunDirectory) }),
        ];
}
