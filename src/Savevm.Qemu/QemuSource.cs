using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Savevm.Qemu.Facts;
using Savevm.Qemu.Qmp;
using Savevm.Qemu.Source;

namespace Savevm.Qemu;

/// <summary>
/// A live QEMU that somebody else started and goes on using, as the source of a migration into a descriptor of ours. Everything that
/// is changed about it is put back, and its guest runs again if it ran before, unless told otherwise.
/// </summary>
/// <remarks>
/// The conversation, in order; each step may fail, and <see cref="EmergencyRestoreAsync"/> is right after every one of them:
/// <code>
/// AttachAsync          connect, negotiate
/// ReadFactsAsync       what it is
/// StartMigrationAsync  [stop]  capabilities, parameters (old values remembered)  getfd  migrate fd:NAME
/// WaitCompletedAsync   MIGRATION events and query-migrate
/// LeaveAsync           cont | nothing | quit
/// RestoreAsync         capabilities and parameters as they were
/// </code>
/// When this process dies (kill -9) in live or background mode before the state is complete, the source's migration fails by its broken
/// socket and the guest goes on by itself. In stop mode, and in live mode between QEMU's <c>completed</c> and our <c>cont</c>, the
/// guest stays paused: call <see cref="LeaveAsync"/> directly after <see cref="WaitCompletedAsync"/>, everything else later.
/// </remarks>
public sealed class QemuSource : IAsyncDisposable
{
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(30);

    private readonly ChangedSettings _settings;
    private bool _stoppedByUs;
    private bool _migrationStarted;

    private QemuSource(QmpClient client)
    {
        Client = client;
        _settings = new ChangedSettings(client);
    }

    /// <summary>The monitor.</summary>
    public QmpClient Client { get; }

    /// <summary>The guest ran when <see cref="StartMigrationAsync"/> was called.</summary>
    public bool WasRunning { get; private set; }

    /// <summary>Connects to the monitor of a running QEMU. Changes nothing.</summary>
    /// <param name="qmpSocketPath">The path of its QMP socket.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="MonitorBusyException">The monitor serves another client.</exception>
    /// <exception cref="QmpConnectionException">There is no monitor, or it is none.</exception>
    public static async Task<QemuSource> AttachAsync(string qmpSocketPath, CancellationToken cancellationToken = default) =>
        new(await QmpClient.ConnectAsync(qmpSocketPath, new QmpOptions(EnableOob: true), cancellationToken).ConfigureAwait(false));

    /// <summary>Uses a monitor that is connected already; owned by the source from now on.</summary>
    public static QemuSource Attach(QmpClient client) => new(client);

    /// <summary>Asks what it is. Changes nothing.</summary>
    /// <exception cref="QmpConnectionException">The monitor closed or does not answer.</exception>
    public Task<QemuFacts> ReadFactsAsync(CancellationToken cancellationToken = default) => QemuFactsReader.ReadAsync(Client, cancellationToken);

    /// <summary>
    /// Whether this QEMU can do <c>background-snapshot</c> now, on this host, as the user it runs as: switches it on and back. Null
    /// when it can, else why not.
    /// </summary>
    /// <exception cref="QmpConnectionException">The monitor closed or does not answer.</exception>
    public async Task<string?> ExplainNoBackgroundAsync(CancellationToken cancellationToken = default)
    {
        var plan = new SourceMigrationPlan { Mode = SourceMode.Background, UseReturnPath = false };
        try
        {
            await _settings.ChangeAsync(plan, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (QemuException refusal) when (refusal is SourceUnavailableException or QmpException)
        {
            return refusal.Message + (refusal.Hint is null ? string.Empty : $" ({refusal.Hint})");
        }
        finally
        {
            await RestoreAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Prepares QEMU and lets it migrate into the descriptor. When this fails, everything is put back before the exception is thrown.
    /// </summary>
    /// <param name="plan">How.</param>
    /// <param name="descriptor">QEMU's end of a connected socket; stays the caller's, who closes it when this returns.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SourceUnavailableException">It cannot, now or in this mode; the message says why and the hint what helps.</exception>
    /// <exception cref="QemuException">QEMU refused or vanished.</exception>
    public async Task StartMigrationAsync(SourceMigrationPlan plan, SafeHandle descriptor, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        await CheckIdleAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _settings.ChangeAsync(plan, cancellationToken).ConfigureAwait(false);
            if (plan.Mode == SourceMode.Stop && WasRunning)
            {
                _stoppedByUs = true;
                await Client.ExecuteAsync("stop", null, cancellationToken).ConfigureAwait(false);
            }

            Client.ForgetEvents();
            string name = $"savevm-{Guid.NewGuid():N}";
            await Client.SendDescriptorAsync(descriptor, name, cancellationToken).ConfigureAwait(false);
            await MigrateAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await EmergencyRestoreAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Asks how far it is.</summary>
    /// <exception cref="QmpConnectionException">The monitor closed or does not answer.</exception>
    public async Task<SourceProgress> PollAsync(CancellationToken cancellationToken = default) =>
        SourceProgress.Parse(await Client.ExecuteAsync("query-migrate", null, cancellationToken).ConfigureAwait(false));

    /// <summary>Waits until QEMU says that all state is sent.</summary>
    /// <param name="onProgress">Called about every <paramref name="interval"/> with what QEMU says; null for nobody.</param>
    /// <param name="interval">How often to ask; 200 ms when null. The end is noticed at once, by an event.</param>
    /// <param name="cancellationToken">Ends the wait, not the migration: see <see cref="CancelAsync"/>.</param>
    /// <exception cref="MigrationFailedException">It failed or was cancelled.</exception>
    /// <exception cref="QmpConnectionException">The monitor closed or does not answer.</exception>
    public async Task<SourceProgress> WaitCompletedAsync(
        Action<SourceProgress>? onProgress = null, TimeSpan? interval = null, CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var over = Client.WaitForEventAsync(IsEnd, stop.Token);
        try
        {
            while (true)
            {
                var progress = await PollAsync(cancellationToken).ConfigureAwait(false);
                if (progress.IsOver)
                {
                    return progress.Status == "completed" ? progress : throw new MigrationFailedException(progress.Status, progress.Error);
                }

                onProgress?.Invoke(progress);
                await Task.WhenAny(over, Task.Delay(interval ?? TimeSpan.FromMilliseconds(200), cancellationToken)).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                if (over.IsCompleted && !over.IsCompletedSuccessfully)
                {
                    await over.ConfigureAwait(false);
                }
                else if (over.IsCompleted)
                {
                    // The event is a moment ahead of query-migrate at times.
                    await Task.Delay(1, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Cancels a migration that is under way and waits until it is over; does nothing when there is none. The guest of a live or
    /// background migration goes on by itself; one that was stopped for the capture needs <see cref="LeaveAsync"/>.
    /// </summary>
    /// <exception cref="QemuException">QEMU refused, vanished, or did not end the migration in time.</exception>
    public async Task CancelAsync(CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CancelLimit);
        bool asked = false;
        while (true)
        {
            var progress = await PollAsync(cancellationToken).ConfigureAwait(false);
            if (!progress.IsUnderWay)
            {
                return;
            }

            if (!asked)
            {
                await Client.ExecuteAsync("migrate_cancel", null, cancellationToken).ConfigureAwait(false);
                asked = true;
            }

            try
            {
                await Task.Delay(5, limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new QemuException($"QEMU did not end its migration within {CancelLimit.TotalSeconds:0} s of being told to; it is {progress.Status}");
            }
        }
    }

    /// <summary>Puts back every capability and parameter that was changed. Safe to call at any time and twice.</summary>
    /// <exception cref="QemuException">QEMU refused or vanished; what could not be put back is tried again by the next call.</exception>
    public Task RestoreAsync(CancellationToken cancellationToken = default) => _settings.RestoreAsync(cancellationToken);

    /// <summary>Leaves the guest as told. Call it directly after <see cref="WaitCompletedAsync"/> or <see cref="CancelAsync"/>.</summary>
    /// <param name="after">What becomes of it.</param>
    /// <param name="wasRunning">
    /// Whether it ran before: <see cref="WasRunning"/>. One that did not is left standing; after a completed live or stop migration QEMU
    /// calls that state <c>postmigrate</c>, and migrates no second time before a <c>cont</c>.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="QemuException">QEMU refused or vanished.</exception>
    public async Task LeaveAsync(SourceAfter after, bool wasRunning, CancellationToken cancellationToken = default)
    {
        switch (after)
        {
            case SourceAfter.Quit:
                await QuitAsync(cancellationToken).ConfigureAwait(false);
                break;
            case SourceAfter.Stop:
                await Client.ExecuteAsync("stop", null, cancellationToken).ConfigureAwait(false);
                break;
            default:
                if (wasRunning)
                {
                    await ContinueAsync(cancellationToken).ConfigureAwait(false);
                }

                break;
        }

        _stoppedByUs = _migrationStarted = false;
    }

    /// <summary>
    /// Brings everything back after a failure or an interrupt: cancels what is under way, lets the guest run if it ran before, puts
    /// settings back. Never throws, and takes no longer than the time given.
    /// </summary>
    /// <param name="limit">How long it may take; 5 s when null.</param>
    /// <returns>What could not be done, in one sentence; null when all was.</returns>
    public async Task<string?> EmergencyRestoreAsync(TimeSpan? limit = null)
    {
        using var time = new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(5));
        string? problem = null;
        foreach (var step in (Func<CancellationToken, Task>[])[CancelIfStartedAsync, RunAgainAsync, RestoreAsync])
        {
            try
            {
                await step(time.Token).WaitAsync(time.Token).ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                problem ??= failure is OperationCanceledException ? "QEMU did not answer in time" : failure.Message;
            }
        }

        return problem;
    }

    /// <summary>Closes the monitor; the QEMU goes on.</summary>
    public ValueTask DisposeAsync() => Client.DisposeAsync();

    private static bool IsEnd(QmpEvent item) => item.Name == "MIGRATION" && item.Text("status") is "completed" or "failed" or "cancelled";

    private Task CancelIfStartedAsync(CancellationToken cancellationToken) =>
        _migrationStarted ? CancelAsync(cancellationToken) : Task.CompletedTask;

    private async Task RunAgainAsync(CancellationToken cancellationToken)
    {
        if (WasRunning && (_migrationStarted || _stoppedByUs))
        {
            await ContinueAsync(cancellationToken).ConfigureAwait(false);
            _stoppedByUs = false;
        }
    }

    private async Task CheckIdleAsync(CancellationToken cancellationToken)
    {
        var answers = await Client.ExecuteBatchAsync([new("query-status"), new("query-migrate")], cancellationToken).ConfigureAwait(false);
        string state = answers[0].Text("status") ?? "unknown";
        WasRunning = answers[0].Flag("running");
        _stoppedByUs = _migrationStarted = false;
        var progress = SourceProgress.Parse(answers[1]);
        if (progress.IsUnderWay)
        {
            throw new SourceUnavailableException(
                $"this QEMU is in a migration already ({progress.Status})", "wait for it, or end it with migrate_cancel on its monitor");
        }

        (string Why, string? Hint)? obstacle = state switch
        {
            "inmigrate" => ("it waits for an incoming migration, so there is no guest yet", null),
            "finish-migrate" => ("it is at the end of a migration", "try again in a moment"),
            "postmigrate" => ("its guest was paused by an earlier migration or capture", "let it run (cont on its monitor), then try again"),
            "internal-error" or "shutdown" or "guest-panicked" => ($"its guest is dead ({state})", "reset it (system_reset on its monitor)"),
            _ => null,
        };
        if (obstacle is { } found)
        {
            throw new SourceUnavailableException($"this QEMU cannot be captured: {found.Why}", found.Hint);
        }
    }

    private async Task MigrateAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            _migrationStarted = true;
            await Client.ExecuteAsync("migrate", new JsonObject { ["uri"] = "fd:" + name }, cancellationToken).ConfigureAwait(false);
        }
        catch (QmpException refusal)
        {
            _migrationStarted = false;
            await Client.ExecuteEachAsync([new("closefd", new JsonObject { ["fdname"] = name })], cancellationToken).ConfigureAwait(false);
            throw new SourceUnavailableException($"QEMU cannot be captured: {refusal.Description}", null, refusal);
        }
    }

    // QEMU says completed a moment before it is done with the migration; until then it takes no cont.
    private async Task ContinueAsync(CancellationToken cancellationToken)
    {
        var deadline = DateTime.UtcNow + LeaveLimit;
        while (true)
        {
            var status = await Client.ExecuteAsync("query-status", null, cancellationToken).ConfigureAwait(false);
            if (status.Flag("running"))
            {
                return;
            }

            QmpException? refusal = null;
            if (status.Text("status") != "finish-migrate")
            {
                refusal = (await Client.ExecuteEachAsync([new("cont")], cancellationToken).ConfigureAwait(false))[0].Refusal;
                if (refusal is null)
                {
                    return;
                }
            }

            if (DateTime.UtcNow > deadline)
            {
                throw new QemuException(
                    $"the guest stands still ({status.Text("status")}) and does not run again: {refusal?.Description ?? "its migration does not end"}",
                    "try cont on its monitor");
            }

            await Task.Delay(1, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task QuitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Client.ExecuteAsync("quit", null, cancellationToken).ConfigureAwait(false);
        }
        catch (QmpConnectionException closed) when (closed.Failure == QmpFailure.Closed)
        {
            // It was quicker than its answer.
        }

        await Client.Closed.WaitAsync(LeaveLimit, cancellationToken).ConfigureAwait(false);
    }
}
