using System.Diagnostics;
using Savevm.Disks;
using Savevm.Qemu.CommandLine.Settings;
using Savevm.Qemu.Destination;
using Savevm.Recorded;
using Savevm.Repository;
using Savevm.Repository.Snapshots;
using Savevm.Resumes.Identity;
using Savevm.Resumes.Recovery;
using Savevm.Running;

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
            var (guests, failures) = request.Recover
                ? await GuestRecoveries.RunAsync(request, snapshot, teller, watch, interrupt).ConfigureAwait(false)
                : await ResumeAllAsync(await PlanAsync(request, snapshot, teller, interrupt).ConfigureAwait(false), teller, watch, interrupt).ConfigureAwait(false);
            EndedGuests.Clean(repository);
            return new ResumeReport { Name = request.Name, Guests = guests, Failures = failures, Notes = notes, Elapsed = watch.Elapsed };
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
        var settings = ResumeSettings.Check(request, emulator);
        // What is checked is what will be started, the user's settings included.
        var asked = emulator is null ? null : emulator with { Arguments = SettingPreview.Of(emulator.Arguments, settings) };
        if (asked is not null) new IdentityCheck(request.Name, machine, source.Arguments, asked).Run(observer);
        foreach (var note in emulator?.Notes ?? []) observer.Note(note);
        if (asked is not null) ClockCheck.Refuse(request.Name, source.Arguments, asked.Arguments);
        if (ClockCheck.Hint(DateTimeOffset.UtcNow - snapshot.Manifest.Created, asked?.Arguments ?? source.Arguments) is { } hint) observer.Note(hint);
        var disks = DiskPlan.Choose(request, RecordedDisk.Parse(snapshot.Manifest.Disks), snapshot.DirectoryPath, emulator, observer);
        var chosen = ModeChoice.Choose(request, () => asked is null ? null : CloneObstacle.Find(asked, snapshot));
        Tell(chosen, observer);
        return new ResumePlan
        {
            Request = request,
            Snapshot = snapshot,
            Machine = machine,
            Mode = chosen.Mode,
            ModeReason = chosen.Reason,
            Settings = settings,
            SnapshotIdentity = SnapshotIdentity.Of(snapshot),
            Disks = disks,
            Emulator = emulator,
        };
    }

    private static async Task<(IReadOnlyList<ResumedGuest> Guests, IReadOnlyList<GuestFailure> Failures)> ResumeAllAsync(
        ResumePlan plan, IOperationObserver observer, Stopwatch watch, CancellationToken interrupt)
    {
        // More at once would only delay the first.
        using var gate = new SemaphoreSlim(2 * Environment.ProcessorCount);
        var resumes = Enumerable.Range(0, plan.Request.Clones).Select(index => ResumeOneAsync(plan, index, observer, watch, gate, interrupt)).ToList();
        return await EndOfAllAsync(resumes, $"resume of {plan.Request.Name}").ConfigureAwait(false);
    }

    /// <summary>Waits for all: a guest that fails does not take the others with it.</summary>
    /// <exception cref="SavevmException">All failed.</exception>
    /// <exception cref="OperationCanceledException">One was cancelled.</exception>
    internal static async Task<(IReadOnlyList<ResumedGuest> Guests, IReadOnlyList<GuestFailure> Failures)> EndOfAllAsync(List<Task<ResumedGuest>> resumes, string what)
    {
        await Task.WhenAll(resumes.Select(resume => Task.WhenAny(resume))).ConfigureAwait(false);
        var failures = resumes.Index().Where(entry => entry.Item.IsFaulted).Select(entry => new GuestFailure(entry.Index, Failure.From(entry.Item.Exception!, what))).ToList();
        if (resumes.Find(resume => resume.IsCanceled) is { } cancelled) await cancelled.ConfigureAwait(false);
        if (failures.Count == resumes.Count) throw failures[0].Failure;
        return ([.. resumes.Where(resume => resume.IsCompletedSuccessfully).Select(resume => resume.Result)], failures);
    }

    private static async Task<ResumedGuest> ResumeOneAsync(
        ResumePlan plan, int index, IOperationObserver observer, Stopwatch watch, SemaphoreSlim gate, CancellationToken interrupt)
    {
        await gate.WaitAsync(interrupt).ConfigureAwait(false);
        using var slot = new StartSlot(gate);
        try
        {
            return await ResumeOneAsync(plan, index, observer, watch, slot, interrupt).ConfigureAwait(false);
        }
        catch (Exception failure) when (plan.Request.Clones > 1 && failure is not OperationCanceledException)
        {
            var told = Failure.From(failure, $"resume of {plan.Request.Name}");
            observer.GuestFailed(new GuestFailure(index, told));
            throw told;
        }
    }

    private static async Task<ResumedGuest> ResumeOneAsync(
        ResumePlan plan, int index, IOperationObserver observer, Stopwatch watch, StartSlot slot, CancellationToken interrupt)
    {
        try
        {
            using var resume = new GuestResume(plan, index, observer, watch, slot);
            return await resume.RunAsync(interrupt).ConfigureAwait(false);
        }
        catch (PostcopyUnavailableException refused) when (plan.Request.Mode == ResumeMode.Auto && plan.Emulator is not null)
        {
            var other = ModeChoice.Otherwise(refused.Message, () => CloneObstacle.Find(plan.Emulator, plan.Snapshot));
            Tell(other, observer);
            using var resume = new GuestResume(plan with { Mode = other.Mode, ModeReason = other.Reason }, index, observer, watch, slot);
            return await resume.RunAsync(interrupt).ConfigureAwait(false);
        }
    }

    private static void Tell(ChosenMode chosen, IOperationObserver observer)
    {
        if (chosen.Reason is { } reason) observer.Note($"taking --mode {GuestHost.NameOf(chosen.Mode)}: {reason}");
    }

    private sealed class InlineProgress(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
