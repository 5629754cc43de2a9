using System.Globalization;

namespace Savevm.Qemu.CommandLine;

/// <summary>
/// What only guests need that are started together with others of the same snapshot: a name of their own, and a number where the host
/// allows each only once.
/// </summary>
internal static class CloneRebuild
{
    /// <summary>The argument of <c>-name</c>; a guest that is alone keeps its name.</summary>
    public static string Name(string text, RebuildState state)
    {
        var value = OptionValue.Parse(text, "guest");
        if (state.Request.CloneNumber is { } number)
        {
            value.Set("guest", Numbered(value.Text("guest") ?? state.Request.DefaultName, number));
        }

        return value.ToString();
    }

    /// <summary>The option that names a clone whose original had no name.</summary>
    public static QemuOption? MissingName(RebuildState state) =>
        state.Request.CloneNumber is { } number ? new QemuOption("name", OptionValue.Escape(Numbered(state.Request.DefaultName, number))) : null;

    /// <summary>Changes the argument of <c>-device</c> where it must; true when it did.</summary>
    public static bool Device(OptionValue value, RebuildState state)
    {
        string driver = value.Text("driver") ?? string.Empty;
        if (driver == "vmgenid")
        {
            value.Set("guid", "auto");
            return true;
        }

        if (driver.StartsWith("vhost-vsock", StringComparison.Ordinal) && state.Request.CloneNumber is { } number
            && long.TryParse(value.Text("guest-cid"), NumberStyles.None, CultureInfo.InvariantCulture, out long address))
        {
            // Allowed by the protocol: a guest that is told that it was moved asks for its address again.
            value.Set("guest-cid", address + number);
            state.Note("each clone has a socket address (guest-cid) of its own: the recorded one and the clone's number");
            return true;
        }

        return false;
    }

    /// <summary>The argument of <c>-global</c>: a generation id is not for a second guest, wherever it was given.</summary>
    public static string Global(string text) =>
        text.StartsWith("vmgenid.guid=", StringComparison.Ordinal) ? "vmgenid.guid=auto" : text;

    /// <summary>Says what all clones have in common whatever their options.</summary>
    public static void TellSharedState(QemuCommandLine recorded, RebuildState state)
    {
        if (state.Request.CloneNumber is null)
        {
            return;
        }

        bool hasNetwork = recorded.Has("netdev") || recorded.Has("nic") || recorded.Has("net") || !recorded.Has("nodefaults");
        string[] shared = [.. new[] { hasNetwork ? "MAC addresses" : null, recorded.Has("uuid") ? "uuid" : null }.OfType<string>()];
        if (shared.Length > 0)
        {
            state.Note($"all clones have the same {string.Join(" and ", shared)}: that is the guest's own state, which no option changes");
        }
    }

    private static string Numbered(string name, int number) => string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
}
