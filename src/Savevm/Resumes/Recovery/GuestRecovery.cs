using System.Diagnostics;
using Savevm.Linux.Processes;
using Savevm.Machine;
using Savevm.Migration;
using Savevm.Migration.Outgoing;
using Savevm.Parts;
using Savevm.Qemu;
using Savevm.Qemu.Qmp;
using Savevm.Qemu.Recovery;
using Savevm.Transport;

namespace Savevm.Resumes.Recovery;

/// <summary>
/// Goes on with one guest whose page server has ended: gets its monitor from the process that kept it, lets QEMU listen anew, asks it what it has
/// and sends the rest. The guest's state is QEMU's; nothing but pages is sent.
/// </summary>
internal sealed class GuestRecovery(ResumePlan plan, InterruptedGuest guest, IOperationObserver observer, Stopwatch watch) : IDisposable
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource engineEnd = new();
    private OutgoingMigration? migration;
    private TimeSpan running;
    private long missing;
    private volatile bool isServed, wasKilled;

    /// <summary>Serves it until it has everything.</summary>
    /// <exception cref="SavevmException">It could not be had back, or its server was interrupted again.</exception>
    public async Task<ResumedGuest> RunAsync(CancellationToken interrupt)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(interrupt);
        limit.CancelAfter(plan.Request.Timeout ?? DefaultLimit);
        var client = guest.Address is null ? await MonitorAsync(limit.Token).ConfigureAwait(false) : null;
        var folder = guest.Directory is null && client is not null ? RunDirectory.Create(cleans: false) : null;
        try
        {
            using var standby = client is null || guest.Directory is null ? null : RecoveryStandby.Begin(plan.Request, guest.Directory, client, observer, guest.IsKept);
            standby?.GuestRuns();
            var reconnection = client is null ? null : new Reconnection(new QemuDestination(client), guest.Directory ?? folder!.Path, guest.Unfinished.HasPreempt);
            return await ServeAsync(reconnection, standby, limit, interrupt).ConfigureAwait(false);
        }
        finally
        {
            folder?.Remove();
            if (client is not null) await client.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => engineEnd.Dispose();

    private async Task<QmpClient> MonitorAsync(CancellationToken cancellationToken)
    {
        if (guest.Directory is { } directory && await KeptMonitor.TakeAsync(directory, cancellationToken).ConfigureAwait(false) is { } kept)
        {
            guest.IsKept = true;
            return kept;
        }
        var path = guest.MonitorPath ?? throw new SavevmException(
            ExitCode.PeerFailed, What, "no process keeps the guest's monitor any more, and it has no other", $"if you can reach its monitor: migrate-recover there, then {Command} --connect URI");
        try
        {
            return await QmpClient.ConnectAsync(path, new QmpOptions(EnableOob: true) { CommandTimeout = TimeSpan.FromSeconds(5) }, cancellationToken).ConfigureAwait(false);
        }
        catch (QmpConnectionException silent) when (silent.Failure == QmpFailure.Unanswered)
        {
            throw new SavevmException(
                ExitCode.PeerFailed, What, $"QEMU's main loop waits for a page and lets nobody new to its monitor {path}; no process kept the connection that savevm had",
                "a client that had negotiated oob there before can still say migrate-recover: then use --recover --connect URI", silent);
        }
    }

    private async Task<ResumedGuest> ServeAsync(Reconnection? reconnection, RecoveryStandby? standby, CancellationTokenSource limit, CancellationToken interrupt)
    {
        using var channels = await ConnectAsync(reconnection, limit.Token).ConfigureAwait(false);
        using var workingSet = new WorkingSetKeeper(plan, observer);
        var served = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sending = migration = new OutgoingMigration(new SourceMachine(plan.Snapshot.Ram, plan.Snapshot.Devices, StandingMachine.Instance), channels, new OutgoingOptions
        {
            Postcopy = true,
            Recovery = reconnection is null ? null : reconnection.OpenAgain,
            HostPageBytes = guest.Unfinished.HostPageBytes,
            PushUnrequested = plan.Request.Prefetch == Prefetch.All,
            BandwidthBytesPerSecond = plan.Request.BandwidthBytesPerSecond,
            RequestLog = workingSet.Log,
        })
        {
            StateChanged = state =>
            {
                if (state == MigrationState.PostcopyActive) served.TrySetResult();
            },
        };
        if (reconnection is not null) reconnection.Statistics = sending.Statistics;
        using var startEnds = limit.Token.Register(() =>
        {
            if (!isServed) engineEnd.Cancel();
        });
        var engine = EngineThread.Start("savevm outgoing", () =>
        {
            sending.TakeUp(engineEnd.Token);
            return true;
        });
        using var interrupted = interrupt.Register(() => _ = InterruptAsync());
        try
        {
            if (await Task.WhenAny(served.Task, engine).ConfigureAwait(false) == served.Task) TellRunning(sending);
            workingSet.Start();
            await engine.ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            throw Explain(failure, standby, interrupt);
        }
        standby?.GuestIsWhole();
        if (guest.Directory is { } whole && guest.IsUsersOwn) Directory.Delete(whole, recursive: true);
        var complete = Describe(isComplete: true);
        observer.AllRamArrived(complete);
        return complete;
    }

    private async Task<ChannelSet> ConnectAsync(Reconnection? reconnection, CancellationToken cancellationToken)
    {
        try
        {
            if (reconnection is not null) return await EngineThread.Start("savevm reconnect", () => reconnection.Open(cancellationToken)).ConfigureAwait(false);
            return new ChannelSet(ChannelAddress.Parse(guest.Address!).Connect(cancellationToken));
        }
        catch (QmpException refused)
        {
            throw new SavevmException(ExitCode.PeerFailed, What, refused.Description, "its connection is not broken, or its user recovers it", refused);
        }
    }

    private void TellRunning(OutgoingMigration sending)
    {
        running = watch.Elapsed;
        missing = sending.PagesRemaining;
        isServed = true;
        if (guest.Directory is { } directory && guest.ProcessId is not null) RunDirectory.Of(directory).GuestRuns();
        observer.GuestRunning(Describe(isComplete: false));
    }

    private Exception Explain(Exception failure, RecoveryStandby? standby, CancellationToken interrupt)
    {
        if (guest.ProcessId is { } id && ProcessInfo.Read(id) is null)
        {
            standby?.GuestIsWhole();
            return wasKilled ? new OperationCanceledException("The guest was killed on interrupt.", failure, interrupt)
                : new SavevmException(ExitCode.PeerFailed, What, $"QEMU {id} has ended", guest.Directory is { } directory ? $"its last words may be in {directory}" : null, failure);
        }
        return Interruption.Of(failure, plan.Request, migration!.PagesRemaining);
    }

    private async Task InterruptAsync()
    {
        if (!isServed) return;
        var choice = plan.Request.OnInterrupt ?? await observer.AskInterruptAsync().ConfigureAwait(false);
        if (choice == InterruptChoice.Fetch)
        {
            migration!.PushRemaining();
            return;
        }
        if (choice == InterruptChoice.Kill && guest is { ProcessId: { } id, IsUsersOwn: false })
        {
            wasKilled = true;
            using var process = Process.GetProcessById(id);
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        await engineEnd.CancelAsync().ConfigureAwait(false);
    }

    private string What => $"recovery of {plan.Request.Name}";

    private string Command => Interruption.CommandOf(plan.Request);

    private ResumedGuest Describe(bool isComplete) => new()
    {
        Index = guest.Index,
        Number = guest.Number,
        Name = guest.Name,
        ProcessId = guest.ProcessId,
        Mode = ResumeMode.Lazy,
        StartToRun = running,
        PagesBeforeRun = 0,
        RunDirectory = guest.Directory,
        MonitorPath = guest.MonitorPath,
        State = "running",
        PageRequests = migration!.Statistics.RequestsReceived,
        BytesSent = migration.Statistics.StreamBytes,
        Complete = isComplete,
        Recovered = true,
        PagesMissing = missing,
    };
}
