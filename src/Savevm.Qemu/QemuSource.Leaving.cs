using Savevm.Qemu.Qmp;
using Savevm.Qemu.Source;

namespace Savevm.Qemu;

/// <summary>The way out of the conversation: cancelled, completed, interrupted or abandoned.</summary>
public sealed partial class QemuSource
{
    /// <summary>
    /// Cancels a migration that is under way and waits until it is over; does nothing when there is none. The guest of a live or
    /// background migration goes on by itself; one that was stopped for the capture needs <see cref="LeaveAsync"/>.
    /// </summary>
    /// <exception cref="QemuException">QEMU refused, vanished, or did not end the migration in time.</exception>
    public async Task CancelAsync(CancellationToken cancellationToken = default)
    {
        using var drain = _reader is null ? null : StreamDrain.Start(_reader);
        var time = MustFinish ? FinishLimit : CancelLimit;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(time);
        bool asked = MustFinish;
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
                throw new QemuException($"QEMU did not end its migration within {time.TotalSeconds:0} s of being told to; it is {progress.Status}");
            }
        }
    }

    /// <summary>
    /// Why cancelling will take as long as the snapshot itself, one sentence; null where it does not.
    /// </summary>
    public string? WhyCancelWaits => MustFinish && _migrationStarted
        ? $"QEMU {Client.Greeting?.Version} freezes a guest whose background snapshot is cancelled (repaired in QEMU 9.0): it is read to its end first"
        : null;

    /// <summary>
    /// Lets the guest run that was stopped before its background snapshot. Not before RAM is on the wire: its pages are write-protected then, and
    /// what it writes from now on is not in the snapshot. Releases before 9.0 let it run by themselves.
    /// </summary>
    /// <exception cref="QemuException">QEMU refused or vanished.</exception>
    public async Task LetRunAsync(CancellationToken cancellationToken = default)
    {
        if (_stoppedByUs)
        {
            await ContinueAsync(cancellationToken).ConfigureAwait(false);
            _stoppedByUs = false;
        }
    }

    /// <summary>Puts back every capability and parameter that was changed. Safe to call at any time and twice.</summary>
    /// <exception cref="QemuException">QEMU refused or vanished; what could not be put back is tried again by the next call.</exception>
    public async Task RestoreAsync(CancellationToken cancellationToken = default)
    {
        await _settings.RestoreAsync(cancellationToken).ConfigureAwait(false);

        // While a migration is not left, the guard has still something to do for us.
        if (!_migrationStarted)
        {
            EndGuard();
        }
    }

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
    /// <param name="limit">How long it may take; when null, 5 s, or minutes where <see cref="WhyCancelWaits"/> says so.</param>
    /// <returns>What could not be done, in one sentence; null when all was.</returns>
    public async Task<string?> EmergencyRestoreAsync(TimeSpan? limit = null)
    {
        using var time = new CancellationTokenSource(limit ?? (WhyCancelWaits is null ? TimeSpan.FromSeconds(5) : FinishLimit));
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

        if (problem is not null)
        {
            // It goes on trying when we have given up.
            _guard?.Release();
        }

        return problem;
    }

    /// <summary>
    /// Lets go of everything at once, as if this process were killed: the guard process puts back what is to be put back, in its own time.
    /// For whoever cannot wait for <see cref="EmergencyRestoreAsync"/>.
    /// </summary>
    public ValueTask AbandonAsync()
    {
        _guard?.Release();
        return DisposeAsync();
    }

    /// <summary>Closes the monitor; the QEMU goes on.</summary>
    public ValueTask DisposeAsync()
    {
        EndGuard();
        return Client.DisposeAsync();
    }

    // A row of the quirk table: cancelled, or its stream broken, such a snapshot leaves the guest's processors waiting for ever.
    private bool MustFinish => _mode == SourceMode.Background && QuirkTable.FreezesCancelledSnapshots(Client.Greeting);

    private void EndGuard()
    {
        _guard?.Dispose();
        _guard = null;
        _reader?.Dispose();
        _reader = null;
    }

    private IEnumerable<QmpCommand> GuardCommands()
    {
        var cancel = MustFinish ? [] : new QmpCommand[] { new("migrate_cancel") };
        var run = WasRunning ? new QmpCommand[] { new("cont") } : [];
        return [.. cancel, .. run, .. _settings.RestoreCommands()];
    }

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
