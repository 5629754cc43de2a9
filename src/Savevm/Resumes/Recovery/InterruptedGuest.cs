using Savevm.Qemu;
using Savevm.Qemu.Recovery;

namespace Savevm.Resumes.Recovery;

/// <summary>A guest that waits for RAM that nobody serves, and what is known of it.</summary>
internal sealed record InterruptedGuest
{
    /// <summary>0 for the first, counting up.</summary>
    public int Index { get; init; }

    /// <summary>Its number among those that were started together; null for one that is alone.</summary>
    public int? Number { get; init; }

    /// <summary>The name that its QEMU has; null where it has none, or it is not known.</summary>
    public string? Name { get; init; }

    /// <summary>Its QEMU; null where it is not known.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Its run directory; null for one that is only known by its monitor or address.</summary>
    public string? Directory { get; init; }

    /// <summary>Its user's monitor; null for none.</summary>
    public string? MonitorPath { get; init; }

    /// <summary>Where it listens already, told so by its user; null for one that we tell.</summary>
    public string? Address { get; init; }

    /// <summary>Somebody else started its QEMU.</summary>
    public bool IsUsersOwn { get; init; }

    /// <summary>Its monitor came from the process that keeps it.</summary>
    public bool IsKept { get; set; }

    /// <summary>What its first server wrote down.</summary>
    public required UnfinishedPostcopy Unfinished { get; init; }

    /// <summary>The guests of a snapshot that wait for RAM, served or not; of a request that names a monitor or an address, that one.</summary>
    public static IReadOnlyList<InterruptedGuest> Find(ResumeRequest request, string? snapshotIdentity)
    {
        var nothingKnown = new UnfinishedPostcopy(HasPreempt: false, new Dictionary<string, long>());
        if (request.ConnectUri is { } uri) return [new InterruptedGuest { Address = uri, Unfinished = nothingKnown, IsUsersOwn = true }];
        var found = RunDirectory.GuestsOf(RunDirectory.Root(), withStarting: true)
            .Where(guest => guest.SnapshotIdentity is not null && guest.SnapshotIdentity == snapshotIdentity)
            .Where(guest => request.QmpSocket is null || guest.Monitor == request.QmpSocket)
            .OrderBy(guest => guest.Started)
            .ThenBy(guest => guest.Number)
            .Select(guest => (Guest: guest, Unfinished: UnfinishedPostcopy.Read(guest.Folder)))
            .Where(pair => pair.Unfinished is not null)
            .Select((pair, index) => new InterruptedGuest
            {
                Index = index,
                Number = pair.Guest.Number,
                Name = pair.Guest.Name,
                ProcessId = pair.Guest.ProcessId,
                Directory = pair.Guest.Folder,
                MonitorPath = pair.Guest.Monitor,
                IsUsersOwn = pair.Guest.IsUsersOwn,
                Unfinished = pair.Unfinished!,
            }).ToList();
        return found.Count == 0 && request.QmpSocket is { } socket ? [new InterruptedGuest { MonitorPath = socket, Unfinished = nothingKnown, IsUsersOwn = true }] : found;
    }
}
