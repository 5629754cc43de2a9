using System.Globalization;
using System.Text.Json.Nodes;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu;

/// <summary>A guest that was started from a snapshot, as its run directory describes it.</summary>
public sealed record GuestDescription
{
    /// <summary>The name that the snapshot had.</summary>
    public required string Snapshot { get; init; }

    /// <summary>What tells the snapshot from every other, also when it has got another name; null when it is not known.</summary>
    public string? SnapshotIdentity { get; init; }

    /// <summary>The path of its repository; null when it is not known.</summary>
    public string? Repository { get; init; }

    /// <summary>QEMU's process; null before it is started, and where it is not known.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Its QEMU was started by somebody else: it is never ended.</summary>
    public bool IsUsersOwn { get; init; }

    /// <summary>How it was brought back: <c>lazy</c>, <c>clone</c>, <c>full</c>.</summary>
    public string? Mode { get; init; }

    /// <summary>The name that its QEMU has; null where it has none.</summary>
    public string? Name { get; init; }

    /// <summary>Its number among those that were started together; null for one that is alone.</summary>
    public int? Number { get; init; }

    /// <summary>When its QEMU was started.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>The QMP socket for the guest's user; null for none.</summary>
    public string? Monitor { get; init; }

    /// <summary>What was made fresh, from the recorded name to the new one.</summary>
    public IReadOnlyDictionary<string, string> Sockets { get; init; } = new Dictionary<string, string>();

    /// <summary>The folder that it was read from; empty for one that is to be written.</summary>
    public string Folder { get; init; } = string.Empty;

    internal JsonObject ToJson()
    {
        var names = new JsonObject();
        foreach (var (old, fresh) in Sockets)
        {
            names[old] = fresh;
        }

        return new JsonObject
        {
            ["snapshot"] = Snapshot,
            ["snapshot_identity"] = SnapshotIdentity,
            ["repository"] = Repository,
            ["users_own"] = IsUsersOwn,
            ["mode"] = Mode,
            ["name"] = Name,
            ["number"] = Number,
            ["started"] = Started?.ToString("o", CultureInfo.InvariantCulture),
            ["monitor"] = Monitor,
            ["sockets"] = names,
        };
    }

    internal static GuestDescription Parse(JsonNode? json, string folder, int processId) => new()
    {
        Snapshot = json.Text("snapshot") ?? string.Empty,
        SnapshotIdentity = json.Text("snapshot_identity"),
        Repository = json.Text("repository"),
        ProcessId = processId,
        IsUsersOwn = json.Flag("users_own"),
        Mode = json.Text("mode"),
        Name = json.Text("name"),
        Number = (int?)json.NumberOrNull("number"),
        Started = DateTimeOffset.TryParse(json.Text("started"), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var started) ? started : null,
        Monitor = json.Text("monitor"),
        Folder = folder,
    };
}
