using System.Diagnostics;
using Savevm.Recorded;
using Savevm.Repository.Snapshots;
using Savevm.Running;

namespace Savevm.Resumes.Recovery;

/// <summary>Goes on with every guest of a snapshot that waits for RAM and whose page server has ended.</summary>
internal static class GuestRecoveries
{
    /// <summary>Recovers them side by side, and serves them until they have everything.</summary>
    /// <exception cref="SavevmException">None waits, or none could be recovered.</exception>
    public static async Task<(IReadOnlyList<ResumedGuest> Guests, IReadOnlyList<GuestFailure> Failures)> RunAsync(
        ResumeRequest request, Snapshot snapshot, IOperationObserver observer, Stopwatch watch, CancellationToken interrupt)
    {
        snapshot.VerifyLayout();
        var identity = SnapshotIdentity.Of(snapshot);
        var guests = InterruptedGuest.Find(request, identity).Where(guest => guest.Directory is null || Qemu.Recovery.UnfinishedPostcopy.IsAbandoned(guest.Directory)).ToList();
        if (guests.Count == 0)
        {
            throw new SavevmException(
                ExitCode.NotFound, $"recovery of {request.Name}", "no guest of this snapshot waits for RAM that nobody serves",
                $"savevm show {request.Name} lists its guests and what they wait for");
        }
        if (guests[0].Directory is null) observer.Note($"that this guest came from {request.Name} is not known here: pages of another snapshot would destroy it");
        var plan = new ResumePlan
        {
            Request = request,
            Snapshot = snapshot,
            Machine = RecordedMachine.Parse(snapshot.Manifest.Machine),
            Mode = ResumeMode.Lazy,
            SnapshotIdentity = identity,
        };
        var recoveries = guests.Select(guest => RunAsync(plan, guest, observer, watch, guests.Count > 1, interrupt)).ToList();
        return await ResumeOperation.EndOfAllAsync(recoveries, $"recovery of {request.Name}").ConfigureAwait(false);
    }

    private static async Task<ResumedGuest> RunAsync(
        ResumePlan plan, InterruptedGuest guest, IOperationObserver observer, Stopwatch watch, bool isOneOfMany, CancellationToken interrupt)
    {
        using var recovery = new GuestRecovery(plan, guest, observer, watch);
        try
        {
            return await recovery.RunAsync(interrupt).ConfigureAwait(false);
        }
        catch (Exception failure) when (isOneOfMany && failure is not OperationCanceledException)
        {
            var told = Failure.From(failure, $"recovery of {plan.Request.Name}");
            observer.GuestFailed(new GuestFailure(guest.Number - 1 ?? guest.Index, told));
            throw told;
        }
    }
}
