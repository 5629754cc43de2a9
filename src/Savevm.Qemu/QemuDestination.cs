using System.Diagnostics;
using System.Text.Json.Nodes;
using Savevm.Linux.Userfaultfd;
using Savevm.Qemu.Destination;
using Savevm.Qemu.Facts;
using Savevm.Qemu.Qmp;
using Savevm.Qemu.Source;

namespace Savevm.Qemu;

/// <summary>
/// A QEMU that waits for its state (<c>-incoming defer</c>), by its monitor. While a postcopy is under way only events are waited for:
/// a command in band can wait for ever for a page that only we can send.
/// </summary>
public sealed class QemuDestination(QmpClient client)
{
    /// <summary>The monitor.</summary>
    public QmpClient Client { get; } = client;

    /// <summary>Lets it listen; everything that is needed travels in one write, the negotiation of the monitor included.</summary>
    /// <exception cref="PostcopyUnavailableException">It refuses postcopy; the hint names the remedy.</exception>
    /// <exception cref="QemuException">It refused something else, or has ended.</exception>
    public async Task<PreparedDestination> PrepareAsync(DestinationPlan plan, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var wanted = new Dictionary<string, bool>(StringComparer.Ordinal) { ["events"] = true };
        if (plan.Postcopy)
        {
            wanted["postcopy-ram"] = true;
        }

        if (plan.Preempt)
        {
            wanted["postcopy-preempt"] = true;
        }

        QmpCommand[] questions = plan.Describe ? [.. WaitingMachineFact.Questions] : plan.Postcopy ? [MachinePartsReader.Monitor("info ramblock")] : [];
        var results = await Client.ExecuteEachAsync(
            [
                new("migrate-set-capabilities", SourceSettings.ToArguments(wanted)),
                new("migrate-incoming", new JsonObject { ["uri"] = plan.IncomingUri }),
                .. questions,
            ],
            cancellationToken).ConfigureAwait(false);
        if (results[0].Refusal is { } refusal)
        {
            throw plan.Postcopy && refusal.Description.Contains("ostcopy", StringComparison.Ordinal)
                ? new PostcopyUnavailableException($"QEMU cannot resume lazily here: {refusal.Description}", Remedy(), refusal)
                : refusal;
        }

        if (results[1].Refusal is { } notListening)
        {
            throw notListening;
        }

        if (plan.Describe)
        {
            var machine = WaitingMachineFact.Read(results.AsSpan(2));
            return new PreparedDestination(machine, machine.RamBlocks);
        }

        return new PreparedDestination(null, plan.Postcopy ? RamBlockText.Parse(results[2].Answer.AsText() ?? string.Empty) : []);
    }

    /// <summary>Waits until the guest runs. Never comes back for a QEMU that was started with <c>-S</c>, unless it is continued.</summary>
    /// <returns>When QEMU said so, by its own clock.</returns>
    /// <exception cref="MigrationFailedException">The incoming migration failed.</exception>
    /// <exception cref="QmpConnectionException">QEMU has ended.</exception>
    public async Task<DateTimeOffset> WaitForRunAsync(CancellationToken cancellationToken = default)
    {
        var item = await Client.WaitForEventAsync(
            static found => found.Name == "RESUME" || IsMigration(found, "failed"), cancellationToken).ConfigureAwait(false);
        return item.Name == "RESUME" ? item.Timestamp : throw await FailedAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until all state has arrived.</summary>
    /// <exception cref="MigrationFailedException">The incoming migration failed.</exception>
    /// <exception cref="QmpConnectionException">QEMU has ended.</exception>
    public async Task WaitForCompletionAsync(CancellationToken cancellationToken = default)
    {
        var item = await Client.WaitForEventAsync(
            static found => IsMigration(found, "completed") || IsMigration(found, "failed"), cancellationToken).ConfigureAwait(false);
        if (IsMigration(item, "failed"))
        {
            throw await FailedAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Lets a QEMU whose connection broke in postcopy listen for a new one. It may take a moment until it has seen the break. Out of band: its main
    /// loop may be waiting for a page.
    /// </summary>
    /// <param name="uri">Where: <c>unix:PATH</c>.</param>
    /// <param name="limit">How long it may take to see the break.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="QmpException">It does not wait for a connection.</exception>
    /// <exception cref="QmpConnectionException">It has ended, or its monitor gives no answer.</exception>
    public async Task RecoverAsync(string uri, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        var arguments = new JsonObject { ["uri"] = uri };
        for (var started = Stopwatch.StartNew(); ; await Task.Delay(20, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                _ = Client.HasOob || Client.Greeting is null
                    ? await Client.ExecuteOobAsync("migrate-recover", arguments, cancellationToken).ConfigureAwait(false)
                    : await Client.ExecuteAsync("migrate-recover", arguments, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (QmpException refused) when (refused.Description.Contains("triggered already", StringComparison.Ordinal))
            {
                // It listens where it was told before, and takes no other address.
                return;
            }
            catch (QmpException) when (started.Elapsed < limit)
            {
                // Not paused yet.
            }
        }
    }

    /// <summary>Lets the guest run.</summary>
    /// <exception cref="QemuException">It refused, or has ended.</exception>
    public Task ContinueAsync(CancellationToken cancellationToken = default) => Client.ExecuteAsync("cont", null, cancellationToken);

    /// <summary>The run state as <c>query-status</c> spells it. Not while a postcopy is under way: the answer may wait for a page.</summary>
    /// <exception cref="QemuException">It has ended.</exception>
    public async Task<string> QueryStatusAsync(CancellationToken cancellationToken = default) =>
        (await Client.ExecuteAsync("query-status", null, cancellationToken).ConfigureAwait(false)).Text("status") ?? "unknown";

    private static bool IsMigration(QmpEvent item, string status) => item.Name == "MIGRATION" && item.Text("status") == status;

    private static string Remedy()
    {
        string? remedy = UserfaultfdProbe.Run().Remedy;
        return (remedy is null ? string.Empty : remedy + "; ") + "--mode clone needs nothing of the host";
    }

    // A destination that failed mostly ends at once; while it is there it may know why.
    private async Task<MigrationFailedException> FailedAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await Client.ExecuteAsync("query-migrate", null, cancellationToken).ConfigureAwait(false);
            return new MigrationFailedException("failed", answer.Text("error-desc"));
        }
        catch (QemuException)
        {
            return new MigrationFailedException("failed", null);
        }
    }
}
