using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;
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
/// When this process dies without a word (kill -9), a small guard process does what is still to be done: see <see cref="CaptureGuard"/>.
/// Where there is no shell for it, a live source's migration fails by its broken socket and the guest goes on by itself, but in stop mode,
/// and between QEMU's <c>completed</c> and our <c>cont</c>, the guest stays paused: call <see cref="LeaveAsync"/> directly after
/// <see cref="WaitCompletedAsync"/>, everything else later.
/// <para>
/// A background snapshot must be read to its end or cancelled while somebody reads: a guest write waits for its page to be sent, and
/// QEMU's main loop may wait behind it. Releases before 9.0 cannot even be cancelled: their guest's processors stay in such a wait for
/// ever. So give its reading end to <see cref="StartMigrationAsync"/>; <see cref="CancelAsync"/> then reads on by itself. It must not
/// be shut down by the other reader (a socket's shutdown reaches every copy; closing does no harm): a pipe has no such thing.
/// </para>
/// </remarks>
public sealed partial class QemuSource : IAsyncDisposable
{
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(30);

    // A snapshot that cannot be cancelled is read to its end: tens of GiB.
    private static readonly TimeSpan FinishLimit = TimeSpan.FromMinutes(5);

    private readonly ChangedSettings _settings;
    private bool _stoppedByUs;
    private bool _migrationStarted;
    private SourceMode _mode;
    private SafeFileHandle? _reader;
    private CaptureGuard? _guard;

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
    /// Whether this QEMU can do <c>background-snapshot</c> now, with its devices and RAM, on this host, as the user it runs as: switches it on
    /// and back. Null when it can, else why not.
    /// </summary>
    /// <param name="facts">What it is.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <exception cref="QmpConnectionException">The monitor closed or does not answer.</exception>
    public async Task<QemuException?> FindNoBackgroundAsync(QemuFacts facts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(facts);
        if (BackgroundObstacle.OfDevices(facts.Parts) is { } obstacle)
        {
            return obstacle;
        }

        try
        {
            await _settings.PlanAsync(new SourceMigrationPlan { Mode = SourceMode.Background }, cancellationToken).ConfigureAwait(false);
            return await _settings.TryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SourceUnavailableException refusal)
        {
            return refusal;
        }
    }

    /// <summary>
    /// The capabilities that are on and that QEMU does not combine with a background snapshot: they are switched off for its time, and on again.
    /// </summary>
    public static IReadOnlyList<string> BackgroundExcludes(QemuFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        var changes = SourceSettings.CapabilityChanges(facts.Capabilities, new SourceMigrationPlan { Mode = SourceMode.Background, UseReturnPath = false });
        return [.. changes.Where(change => !change.Value).Select(change => change.Key).Order(StringComparer.Ordinal)];
    }

    /// <summary>
    /// Prepares QEMU and lets it migrate into the descriptor. When this fails, everything is put back before the exception is thrown.
    /// </summary>
    /// <param name="plan">How.</param>
    /// <param name="descriptor">QEMU's end of a connected socket or pipe; stays the caller's, who closes it when this returns.</param>
    /// <param name="reader">The other end in background mode: a copy is kept to read on from when the caller cannot. Null otherwise.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SourceUnavailableException">It cannot, now or in this mode; the message says why and the hint what helps.</exception>
    /// <exception cref="QemuException">QEMU refused or vanished.</exception>
    public async Task StartMigrationAsync(
        SourceMigrationPlan plan, SafeHandle descriptor, SafeHandle? reader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        await CheckIdleAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _mode = plan.Mode;
            await _settings.PlanAsync(plan, cancellationToken).ConfigureAwait(false);
            EndGuard();
            string name = $"savevm-{Guid.NewGuid():N}";
            _reader = plan.Mode == SourceMode.Background && reader is not null ? Descriptor.Duplicate(reader) : null;
            _guard = CaptureGuard.Start(Client.Handle, _reader, CloseDescriptor(name), [.. GuardCommands(), .. plan.UndoCommands]);
            await _settings.ApplyAsync(cancellationToken).ConfigureAwait(false);
            if ((plan.Mode == SourceMode.Stop || plan.WhileStopped is not null) && WasRunning)
            {
                _stoppedByUs = true;
                await Client.ExecuteAsync("stop", null, cancellationToken).ConfigureAwait(false);
            }

            if (plan.WhileStopped is { } act)
            {
                await act(cancellationToken).ConfigureAwait(false);
            }

            Client.ForgetEvents();
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

    private static bool IsEnd(QmpEvent item) => item.Name == "MIGRATION" && item.Text("status") is "completed" or "failed" or "cancelled";

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
            await Client.ExecuteEachAsync([CloseDescriptor(name)], cancellationToken).ConfigureAwait(false);
            throw new SourceUnavailableException($"QEMU cannot be captured: {refusal.Description}", null, refusal);
        }
    }

    private static QmpCommand CloseDescriptor(string name) => new("closefd", new JsonObject { ["fdname"] = name });
}
