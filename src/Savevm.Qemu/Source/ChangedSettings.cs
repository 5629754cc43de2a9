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

    /// <summary>Sets what the plan needs, and remembers the old values first.</summary>
    /// <exception cref="SourceUnavailableException">This QEMU, or this host, cannot do it.</exception>
    /// <exception cref="QemuException">QEMU refused or vanished.</exception>
    public async Task ChangeAsync(SourceMigrationPlan plan, CancellationToken cancellationToken)
    {
        var now = await client.ExecuteBatchAsync(
            [new("query-migrate-capabilities"), new("query-migrate-parameters")], cancellationToken).ConfigureAwait(false);
        var capabilities = QemuFactsReader.Capabilities(now[0]);
        if (plan.Mode == SourceMode.Background && !capabilities.ContainsKey("background-snapshot"))
        {
            throw new SourceUnavailableException("this QEMU has no background-snapshot", "--mode stop needs nothing of it");
        }

        var changes = SourceSettings.CapabilityChanges(capabilities, plan);
        if (changes.Count > 0)
        {
            foreach (string name in changes.Keys)
            {
                _oldCapabilities.TryAdd(name, capabilities[name]);
            }

            await SetCapabilitiesAsync(changes, cancellationToken).ConfigureAwait(false);
        }

        var oldParameters = now[1] as JsonObject ?? [];
        var parameters = SourceSettings.ParameterChanges(oldParameters, plan);
        if (parameters.Count > 0)
        {
            foreach (string name in parameters.Keys)
            {
                _oldParameters.TryAdd(name, oldParameters[name]!.DeepClone());
            }

            await client.ExecuteAsync("migrate-set-parameters", SourceSettings.ToArguments(parameters), cancellationToken).ConfigureAwait(false);
        }
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
            commands.Add(new QmpCommand("migrate-set-capabilities", SourceSettings.ToArguments(_oldCapabilities)));
        }

        return commands;
    }

    private async Task SetCapabilitiesAsync(Dictionary<string, bool> changes, CancellationToken cancellationToken)
    {
        try
        {
            await client.ExecuteAsync("migrate-set-capabilities", SourceSettings.ToArguments(changes), cancellationToken).ConfigureAwait(false);
        }
        catch (QmpException refusal)
        {
            // Nothing was changed, so there is nothing to put back.
            _oldCapabilities.Clear();
            if (!changes.GetValueOrDefault("background-snapshot"))
            {
                throw;
            }

            string? remedy = Savevm.Linux.Userfaultfd.UserfaultfdProbe.Run().Remedy;
            throw new SourceUnavailableException(
                $"QEMU cannot take a background snapshot here: {refusal.Description}",
                (remedy is null ? string.Empty : remedy + "; ") + "--mode stop needs nothing of the host",
                refusal);
        }
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
