using System.Diagnostics;
using Savevm.Captures;
using Savevm.Machine;
using Savevm.Migration.Outgoing;
using Savevm.Parts;
using Savevm.Qemu.Recovery;
using Savevm.Resumes.Recovery;

namespace Savevm.Resumes;

/// <summary>
/// Brings one guest back and serves its pages until it needs none any more. The three modes differ in the options that the
/// engine gets and in what QEMU is started with; the conversation is one.
/// </summary>
internal sealed class GuestResume(ResumePlan plan, int index, IOperationObserver observer, Stopwatch watch, StartSlot slot) : IDisposable
{
    private static readonly TimeSpan DefaultStartLimit = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource engineEnd = new();
    private OutgoingMigration? migration;
    private TimeSpan listening;
    private TimeSpan running;
    private long pagesBeforeRun;
    private volatile bool guestIsThere;
    private volatile bool wasKilled;

    // What was stopped for its capture comes up paused, and a QEMU that only waits at an address has no monitor to say cont on.
    private bool StaysPaused => !IsLazy && plan.Request.ConnectUri is not null && ListeningCapture.RunStateOf(plan.Snapshot.Devices.Save()) == "paused";

    private string State => plan.GuestRan && !StaysPaused ? "running" : "paused";

    private bool IsLazy => plan.Mode == ResumeMode.Lazy;

    public async Task<ResumedGuest> RunAsync(CancellationToken interrupt)
    {
        using var start = CancellationTokenSource.CreateLinkedTokenSource(interrupt);
        GuestHost? host = null;
        try
        {
            host = await GuestHost.OpenAsync(plan, index, start.Token).ConfigureAwait(false);
            // Only now: the first timer of a process costs a thread, and QEMU is coming up by itself meanwhile.
            start.CancelAfter(plan.Request.Timeout ?? DefaultStartLimit);
            var guest = await BringBackAsync(host, start, interrupt).ConfigureAwait(false);
            host.Dispose();
            return guest;
        }
        catch (Exception failure)
        {
            await engineEnd.CancelAsync().ConfigureAwait(false);
            // A guest that runs and waits for a page that cannot be sent stays as it is: what it has is not lost.
            if (!guestIsThere || wasKilled) host?.Kill();
            var unfinished = host is { IsUnfinished: true } ? Interruption.Of(failure, plan.Request, migration!.PagesRemaining) : null;
            host?.Dispose();
            if (unfinished is not null) throw unfinished;
            if (failure is OperationCanceledException && !interrupt.IsCancellationRequested && start.IsCancellationRequested)
            {
                throw new SavevmException(
                    ExitCode.PeerFailed, $"resume of {plan.Request.Name}", $"the guest did not run within {(plan.Request.Timeout ?? DefaultStartLimit).TotalSeconds:0.###} s", null, failure);
            }
            throw;
        }
    }

    public void Dispose() => engineEnd.Dispose();

    private async Task<ResumedGuest> BringBackAsync(GuestHost host, CancellationTokenSource start, CancellationToken interrupt)
    {
        // QEMU takes its time to come up; everything of ours happens meanwhile.
        plan.Snapshot.VerifyLayout();
        if (index == 0) host.CleanUp();
        foreach (var note in host.CommandLine?.Notes ?? []) observer.Note(note);
        using var standby = IsLazy ? host.StandBy(observer) : null;
        using var workingSet = IsLazy ? new WorkingSetKeeper(plan, observer) : null;
        var early = workingSet?.PagesBeforeRun();
        var source = new SourceMachine(plan.Snapshot.Ram, plan.Snapshot.Devices, StandingMachine.Instance);
        await host.ListenAsync(start.Token).ConfigureAwait(false);
        listening = watch.Elapsed;
        standby?.Describe(new UnfinishedPostcopy(host.UsesPreempt, host.HostPageBytes));
        var reconnection = host.Reconnection;
        using var channels = host.Connect(start.Token);
        var sending = migration = new OutgoingMigration(source, channels, new OutgoingOptions
        {
            Recovery = reconnection is null ? null : reconnection.OpenAgain,
            Postcopy = IsLazy,
            BlocksAtDestination = plan.Mode == ResumeMode.Clone ? GuestHost.MappedImages(plan).Keys.ToHashSet() : new HashSet<string>(),
            HostPageBytes = host.HostPageBytes,
            PushUnrequested = plan.Request.Prefetch == Prefetch.All || !plan.GuestRan,
            BandwidthBytesPerSecond = plan.Request.BandwidthBytesPerSecond,
            PagesBeforeRun = early,
            RequestLog = workingSet?.Log,
        })
        {
            // Nobody tells when the guest of a QEMU without a monitor runs. From here on it may.
            StateChanged = state => guestIsThere |= state == Migration.MigrationState.PostcopyActive && host.Destination is null,
        };
        if (reconnection is not null) reconnection.Statistics = sending.Statistics;
        using var startEnds = start.Token.Register(() =>
        {
            if (!guestIsThere) engineEnd.Cancel();
        });
        var runs = host.Destination is { } destination && plan.GuestRan ? destination.WaitForRunAsync(engineEnd.Token) : null;
        var engine = EngineThread.Start("savevm outgoing", () =>
        {
            sending.Run(engineEnd.Token);
            return sending.Statistics.StreamBytes;
        });
        workingSet?.Start();
        using var interrupted = interrupt.Register(() => _ = InterruptAsync(host));
        try
        {
            if (IsLazy) await WhileLazyAsync(host, standby, runs, engine).ConfigureAwait(false);
            else await AfterPrecopyAsync(host, engine, start.Token).ConfigureAwait(false);
        }
        catch (Exception broken) when (broken is Migration.PeerLostException or Qemu.QemuException or Migration.PeerRefusedException)
        {
            if (wasKilled) throw new OperationCanceledException("The guest was killed on interrupt.", broken, interrupt);
            throw await host.ExplainAsync(broken).ConfigureAwait(false);
        }
        finally
        {
            if (reconnection is { Count: > 0 }) observer.Note($"the connection to the guest broke and was made anew, {reconnection.Count} times");
            host.IsUnfinished = IsLazy && guestIsThere && !wasKilled && sending.State != Migration.MigrationState.Completed && !host.HasEnded;
            if (host.IsUnfinished) standby?.GuestRuns();
            else standby?.GuestIsWhole();
        }
        var state = State;
        var guest = Describe(host, state, isComplete: true);
        observer.AllRamArrived(guest);
        return guest;
    }

    private async Task WhileLazyAsync(GuestHost host, RecoveryStandby? standby, Task? runs, Task<long> engine)
    {
        if (runs is not null)
        {
            await (await Task.WhenAny(runs, engine).ConfigureAwait(false)).ConfigureAwait(false);
            await runs.ConfigureAwait(false);
            standby?.GuestRuns();
            TellRunning(host, "running");
        }
        await engine.ConfigureAwait(false);
        if (runs is null) TellRunning(host, State);
    }

    private async Task AfterPrecopyAsync(GuestHost host, Task<long> engine, CancellationToken cancellationToken)
    {
        await engine.ConfigureAwait(false);
        if (host.Destination is { } destination)
        {
            await destination.WaitForCompletionAsync(cancellationToken).ConfigureAwait(false);
            // A state that was taken from a guest stopped for its capture comes up paused, and so does a QEMU started with -S.
            if (plan.GuestRan && await destination.QueryStatusAsync(cancellationToken).ConfigureAwait(false) != "running")
                await destination.ContinueAsync(cancellationToken).ConfigureAwait(false);
        }
        else if (plan.GuestRan && StaysPaused)
        {
            observer.Warning("the guest was stopped for its capture and comes up paused: cont on its monitor lets it run");
        }
        TellRunning(host, State);
    }

    private void TellRunning(GuestHost host, string state)
    {
        running = watch.Elapsed;
        var statistics = migration!.Statistics;
        pagesBeforeRun = statistics.NormalPages + statistics.ZeroPages;
        guestIsThere = true;
        host.GuestRuns();
        slot.Dispose();
        observer.GuestRunning(Describe(host, state, isComplete: !IsLazy));
    }

    private async Task InterruptAsync(GuestHost host)
    {
        if (!guestIsThere || !IsLazy) return;
        var choice = plan.Request.OnInterrupt ?? await observer.AskInterruptAsync().ConfigureAwait(false);
        if (choice == InterruptChoice.Fetch)
        {
            migration!.PushRemaining();
            return;
        }
        if (choice == InterruptChoice.Kill)
        {
            wasKilled = true;
            host.Kill();
        }
        await engineEnd.CancelAsync().ConfigureAwait(false);
    }

    private ResumedGuest Describe(GuestHost host, string state, bool isComplete) => new()
    {
        Index = index,
        Number = plan.Request.Clones > 1 ? index + 1 : null,
        Name = host.CommandLine?.GuestName,
        ProcessId = host.Process?.ProcessId,
        Mode = plan.Mode,
        ModeReason = plan.ModeReason,
        StartToListening = listening,
        StartToRun = running,
        PagesBeforeRun = pagesBeforeRun,
        RunDirectory = host.DirectoryPath,
        Sockets = host.CommandLine?.Replaced ?? new Dictionary<string, string>(),
        MonitorPath = host.CommandLine?.UserMonitorPath ?? plan.Request.QmpSocket,
        State = state,
        PageRequests = migration!.Statistics.RequestsReceived,
        BytesSent = migration.Statistics.StreamBytes,
        Complete = isComplete,
    };
}
