using System.Text.Json.Nodes;

namespace Savevm.Qemu.Source;

/// <summary>Which migration capabilities and parameters a source needs for each mode. What is not named is switched off.</summary>
internal static class SourceSettings
{
    private enum Wanted
    {
        Off,
        On,
        AsItIs,
        AsPlanned,
    }

    // Capability: live or stop, background. QEMU refuses background-snapshot together with many others.
    private static readonly Dictionary<string, (Wanted Precopy, Wanted Background)> Capabilities = new(StringComparer.Ordinal)
    {
        ["events"] = (Wanted.On, Wanted.On),
        ["return-path"] = (Wanted.AsPlanned, Wanted.Off),
        ["background-snapshot"] = (Wanted.Off, Wanted.On),
        ["auto-converge"] = (Wanted.AsItIs, Wanted.Off),
        ["dirty-limit"] = (Wanted.AsItIs, Wanted.Off),
        ["late-block-activate"] = (Wanted.AsItIs, Wanted.Off),
    };

    /// <summary>The capabilities that must change, with their new value.</summary>
    public static Dictionary<string, bool> CapabilityChanges(IReadOnlyDictionary<string, bool> now, SourceMigrationPlan plan)
    {
        var changes = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var (name, isOn) in now)
        {
            var row = Capabilities.GetValueOrDefault(name);
            bool wanted = (plan.Mode == SourceMode.Background ? row.Background : row.Precopy) switch
            {
                Wanted.On => true,
                Wanted.AsItIs => isOn,
                Wanted.AsPlanned => plan.UseReturnPath,
                _ => false,
            };
            if (wanted != isOn)
            {
                changes[name] = wanted;
            }
        }

        return changes;
    }

    /// <summary>The parameters that must change, with their new value.</summary>
    public static Dictionary<string, JsonNode> ParameterChanges(JsonObject now, SourceMigrationPlan plan)
    {
        var wanted = new Dictionary<string, JsonNode>(StringComparer.Ordinal)
        {
            // 0 is no limit; QEMU's own default is 128 MiB/s.
            ["max-bandwidth"] = plan.BandwidthBytesPerSecond ?? 0,

            // The state goes to us over a descriptor; there is nothing to encrypt, and we speak no TLS here.
            ["tls-creds"] = string.Empty,
            ["mode"] = "normal",
        };
        if (plan.DowntimeLimit is { } limit)
        {
            wanted["downtime-limit"] = (long)limit.TotalMilliseconds;
        }

        return wanted
            .Where(change => now.TryGetPropertyValue(change.Key, out var old) && old is not null && !JsonNode.DeepEquals(old, change.Value))
            .ToDictionary(change => change.Key, change => change.Value, StringComparer.Ordinal);
    }

    /// <summary>The argument of <c>migrate-set-capabilities</c>.</summary>
    public static JsonObject ToArguments(IEnumerable<KeyValuePair<string, bool>> capabilities)
    {
        var list = new JsonArray();
        foreach (var (name, isOn) in capabilities)
        {
            list.Add((JsonNode)new JsonObject { ["capability"] = name, ["state"] = isOn });
        }

        return new JsonObject { ["capabilities"] = list };
    }

    /// <summary>The argument of <c>migrate-set-parameters</c>.</summary>
    public static JsonObject ToArguments(IEnumerable<KeyValuePair<string, JsonNode>> parameters)
    {
        var arguments = new JsonObject();
        foreach (var (name, value) in parameters)
        {
            arguments[name] = value.DeepClone();
        }

        return arguments;
    }
}
