using System.Text.Json.Nodes;
using Savevm.Qemu.Facts;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu.Source;

/// <summary>The capabilities and parameters that a capture changes in a QEMU of somebody else's, and what they were before.</summary>
internal sealed class ChangedSettings(QmpClient client)
{
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, bool> _oldCapabilities = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonNode> _oldParameters = new(StringComparer.Ordinal);
    private Dictionary<string, bool> _newCapabilities = [];
    private Dictionary<string, JsonNode> _newParameters = [];

    /// <summary>Finds out what must change for the plan, and remembers the old values. Changes nothing yet.</summary>
    /// <exception cref="SourceUnavailableException">This QEMU cannot do it.</exception>
    /// <exception cref="QemuException">QEMU vanished.</exception>
    public async Task PlanAsync(SourceMigrationPlan plan, CancellationToken cancellationToken)
    {
        var now = await client.ExecuteBatchAsync(
            [new("query-migrate-capabilities"), new("query-migrate-parameters")], cancellationToken).ConfigureAwait(false);
        var capabilities = QemuFactsReader.Capabilities(now[0]);
        if (plan.Mode == SourceMode.Background && !capabilities.ContainsKey("background-snapshot"))
        {
            throw new SourceUnavailableException("this QEMU has no background-snapshot", "--mode stop needs nothing of it");
        }

        _newCapabilities = SourceSettings.CapabilityChanges(capabilities, plan);
        foreach (string name in _newCapabilities.Keys)
        {
            _oldCapabilities.TryAdd(name, capabilities[name]);
        }

        var parameters = now[1] as JsonObject ?? [];
        _newParameters = SourceSettings.ParameterChanges(parameters, plan);
        foreach (string name in _newParameters.Keys)
        {
            _oldParameters.TryAdd(name, parameters[name]!.DeepClone());
        }
    }

    /// <summary>Changes what was planned.</summary>
    /// <exception cref="SourceUnavailableException">This host cannot do it.</exception>
    /// <exception cref="QemuException">QEMU refused or vanished.</exception>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        if (_newCapabilities.Count > 0)
        {
            var refusal = (await client.ExecuteEachAsync([Set(_newCapabilities)], cancellationToken).ConfigureAwait(false))[0].Refusal;
            if (refusal is not null)
            {
                // Nothing was changed, so there is nothing to put back.
                _oldCapabilities.Clear();
                throw await ExplainAsync(refusal, cancellationToken).ConfigureAwait(false);
            }
        }

        if (_newParameters.Count > 0)
        {
            await client.ExecuteAsync("migrate-set-parameters", SourceSettings.ToArguments(_newParameters), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Whether QEMU would take the planned capabilities: sets them and puts them back in one write, so that it is over when we are
    /// killed in between. Null when it would. Nothing is left changed or planned.
    /// </summary>
    /// <exception cref="QmpConnectionException">QEMU vanished.</exception>
    public async Task<QemuException?> TryAsync(CancellationToken cancellationToken)
    {
        var results = await client.ExecuteEachAsync([Set(_newCapabilities), Set(_oldCapabilities)], cancellationToken).ConfigureAwait(false);
        _oldCapabilities.Clear();
        _oldParameters.Clear();
        return results[0].Refusal is { } refusal ? await ExplainAsync(refusal, cancellationToken).ConfigureAwait(false) : null;
    }

    /// <summary>Puts everything back. Safe to call at any time and twice.</summary>
    /// <exception cref="QemuException">QEMU refused or vanished; what could not be put back is tried again by the next call.</exception>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        foreach (var command in RestoreCommands())
        {
            await UntilIdleAsync(command, cancellationToken).ConfigureAwait(false);
            if (command.Name == "migrate-set-parameters")
            {
                _oldParameters.Clear();
            }
            else
            {
                _oldCapabilities.Clear();
            }
        }
    }

    /// <summary>The commands that put everything back; none where nothing is changed.</summary>
    public IReadOnlyList<QmpCommand> RestoreCommands()
    {
        var commands = new List<QmpCommand>();
        if (_oldParameters.Count > 0)
        {
            commands.Add(new QmpCommand("migrate-set-parameters", SourceSettings.ToArguments(_oldParameters)));
        }

        if (_oldCapabilities.Count > 0)
        {
            commands.Add(Set(_oldCapabilities));
        }

        return commands;
    }

    private static QmpCommand Set(Dictionary<string, bool> capabilities) => new("migrate-set-capabilities", SourceSettings.ToArguments(capabilities));

    private async Task<QemuException> ExplainAsync(QmpException refusal, CancellationToken cancellationToken)
    {
        if (!_newCapabilities.GetValueOrDefault("background-snapshot"))
        {
            return refusal;
        }

        // QEMU's word for RAM that it cannot protect. It does not say which.
        if (refusal.Description.Contains("memory configuration", StringComparison.Ordinal)
            && await BackgroundObstacle.OfMemoryAsync(client, cancellationToken).ConfigureAwait(false) is { Count: > 0 } memory)
        {
            return new SourceUnavailableException(
                $"QEMU cannot take a background snapshot here: RAM in a file of a disk cannot be write-protected: {string.Join(", ", memory)}",
                "start the guest with memory-backend-memfd, or a file in /dev/shm or of huge pages; --mode stop needs nothing of the host",
                refusal);
        }

        string? remedy = Savevm.Linux.Userfaultfd.UserfaultfdProbe.Run().Remedy;
        return new SourceUnavailableException(
            $"QEMU cannot take a background snapshot here: {refusal.Description}",
            (remedy is null ? string.Empty : remedy + "; ") + "--mode stop needs nothing of the host",
            refusal);
    }

    // QEMU says completed a moment before it is done with the migration; until then it takes no settings.
    private async Task UntilIdleAsync(QmpCommand command, CancellationToken cancellationToken)
    {
        var deadline = DateTime.UtcNow + IdleLimit;
        while (true)
        {
            var refusal = (await client.ExecuteEachAsync([command], cancellationToken).ConfigureAwait(false))[0].Refusal;
            if (refusal is null)
            {
                return;
            }

            if (DateTime.UtcNow > deadline || !await IsOverAsync(cancellationToken).ConfigureAwait(false))
            {
                throw refusal;
            }

            await Task.Delay(5, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> IsOverAsync(CancellationToken cancellationToken) =>
        SourceProgress.Parse(await client.ExecuteAsync("query-migrate", null, cancellationToken).ConfigureAwait(false)).IsOver;
}
