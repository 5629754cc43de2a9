using System.Diagnostics;
using Savevm.Disks;
using Savevm.Qemu.Destination;
using Savevm.Recorded;
using Savevm.Repository;
using Savevm.Repository.Snapshots;
using Savevm.Resumes.Identity;

namespace Savevm.Resumes;

/// <summary>
/// Brings guests back from a snapshot. Everything that can be refused is refused before a process is started; the snapshot's
/// layout is checked while QEMU starts, before any guest runs.
/// </summary>
public sealed class ResumeOperation : IResumeOperation
{
    /// <inheritdoc/>
    public async Task<ResumeReport> RunAsync(ResumeRequest request, IOperationObserver observer, CancellationToken interrupt)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        var watch = Stopwatch.StartNew();
        try
        {
            using var repository = SnapshotRepository.Open(request.RepositoryPath, create: false);
            using var snapshot = repository.Find(request.Name);
            var notes = new List<string>();
            var teller = new NoteTaker(observer, notes);
            if (request.Verify) Verify(snapshot, observer, interrupt);
            var plan = await PlanAsync(request, snapshot, teller, interrupt).ConfigureAwait(false);
            var guests = await ResumeAllAsync(plan, teller, watch, interrupt).ConfigureAwait(false);
            EndedGuests.Clean(repository);
            return new ResumeReport { Name = request.Name, Guests = guests, Notes = notes, Elapsed = watch.Elapsed };
        }
        catch (Exception failure) when (failure is not (SavevmException or OperationCanceledException))
        {
            throw Failure.From(failure, $"resume of {request.Name}");
        }
    }

    private static void Verify(Snapshot snapshot, IOperationObserver observer, CancellationToken interrupt)
    {
        snapshot.VerifyLayout();
        var total = snapshot.Manifest.RamBytes;
        snapshot.VerifyRam(new InlineProgress(bytes => observer.Progress(new ProgressUpdate { Phase = "verify", Bytes = bytes, TotalBytes = total })), interrupt);
    }

    private static async Task<ResumePlan> PlanAsync(ResumeRequest request, Snapshot snapshot, NoteTaker observer, CancellationToken interrupt)
    {
        var startsQemu = request.QmpSocket is null && request.ConnectUri is null;
        if (!startsQemu && request.Clones > 1)
            throw new SavevmException(ExitCode.WrongUsage, $"resume of {request.Name}", "one QEMU that is running already takes one guest", "leave --clones out");
        var machine = RecordedMachine.Parse(snapshot.Manifest.Machine);
        var source = RecordedSource.Parse(snapshot.Manifest.Source);
        var emulator = startsQemu ? await EmulatorChoice.ChooseAsync(request, source, interrupt).ConfigureAwait(false) : null;
        if (emulator is not null) new IdentityCheck(request.Name, machine, source.Arguments, emulator).Run(observer);
        foreach (var note in emulator?.Notes ?? []) observer.Note(note);
        if (emulator is not null) ClockCheck.Refuse(request.Name, source.Arguments, emulator.Arguments);
        if (ClockCheck.Hint(DateTimeOffset.UtcNow - snapshot.Manifest.Created, emulator?.Arguments ?? source.Arguments) is { } hint) observer.Note(hint);
        var disks = DiskPlan.Choose(request, RecordedDisk.Parse(snapshot.Manifest.Disks), snapshot.DirectoryPath, emulator, observer);
        return new ResumePlan { Disks = disks, Request = request, Snapshot = snapshot, Machine = machine, Mode = ModeChoice.Choose(request, observer), Emulator = emulator };
    }

    private static async Task<IReadOnlyList<ResumedGuest>> ResumeAllAsync(ResumePlan plan, IOperationObserver observer, Stopwatch watch, CancellationToken interrupt)
    {
        var resumes = Enumerable.Range(0, plan.Request.Clones).Select(index => ResumeOneAsync(plan, index, observer, watch, interrupt)).ToList();
        // A guest that fails does not take the others with it: all come to their end, then the first failure is reported.
        await Task.WhenAll(resumes.Select(resume => Task.WhenAny(resume))).ConfigureAwait(false);
        return await Task.WhenAll(resumes).ConfigureAwait(false);
    }

    private static async Task<ResumedGuest> ResumeOneAsync(ResumePlan plan, int index, IOperationObserver observer, Stopwatch watch, CancellationToken interrupt)
    {
        try
        {
            using var resume = new GuestResume(plan, index, observer, watch);
            return await resume.RunAsync(interrupt).ConfigureAwait(false);
        }
        catch (PostcopyUnavailableException refused) when (plan.Request.Mode == ResumeMode.Auto && plan.Emulator is not null)
        {
            observer.Note($"taking --mode clone: {refused.Message}");
            using var resume = new GuestResume(plan with { Mode = ResumeMode.Clone }, index, observer, watch);
            return await resume.RunAsync(interrupt).ConfigureAwait(false);
        }
    }

    private sealed class InlineProgress(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
