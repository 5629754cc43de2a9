using Savevm.Qemu.Facts;

namespace Savevm.Qemu.CommandLine.Correction;

/// <summary>Network backends that <c>netdev_add</c> made and <c>netdev_del</c> took away. QEMU says little of them: no port forward, no script.</summary>
internal static class NetworkCorrection
{
    public static void Apply(CorrectionState state)
    {
        var live = state.Facts.Parts.NetworkBackends;
        var ids = live.Select(item => item.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in state.Drop("netdev", "type", value => value.Text("id") is { } id && !ids.Contains(id)))
        {
            string id = gone.Text("id")!;
            state.Correct($"the network backend {id} was removed while the guest ran");
            state.Change("device", "driver", device => Unlink(device, id));
        }

        var known = state.Started.Ids("netdev", "type");
        foreach (var item in live.Where(item => !known.Contains(item.Id) && !IsImplicit(item.Id)))
        {
            state.Options.Add(new QemuOption("netdev", Expressed(item, state)));
            state.Correct($"the network backend {item.Id} ({item.Kind}) was added while the guest ran");
        }
    }

    // What -nic and -net make gets names of QEMU's own.
    private static bool IsImplicit(string id) =>
        id.StartsWith('#') || id.StartsWith("__org.qemu", StringComparison.Ordinal) || id.StartsWith("hub", StringComparison.Ordinal);

    // The device stays when its backend goes; it must not ask for it again.
    private static bool Unlink(OptionValue device, string backend)
    {
        if (device.Text("netdev") != backend)
        {
            return false;
        }

        device.Remove("netdev");
        return true;
    }

    private static string Expressed(NetworkBackendFact item, CorrectionState state)
    {
        string id = OptionValue.Escape(item.Id);
        var settings = OptionValue.Parse(item.Settings, "what");
        if (item.Kind == "user")
        {
            // 10.0.2.0 is what it is anyway; only the network's first address is told, and its size is not.
            bool isUsual = settings.Text("net") is null or "10.0.2.0" && !settings.IsOn("restrict");
            if (!isUsual)
            {
                state.Note($"the network backend {item.Id} was added while the guest ran; QEMU tells of its options {item.Settings} and no more");
            }

            return $"user,id={id}{(settings.Text("net") is { } net and not "10.0.2.0" ? $",net={net}/24" : "")}{(settings.IsOn("restrict") ? ",restrict=on" : "")}";
        }

        if (item.Kind == "tap" && settings.Text("ifname") is { Length: > 0 } name)
        {
            string script = settings.Text("script") ?? "no", down = settings.Text("downscript") ?? "no";
            return $"tap,id={id},ifname={OptionValue.Escape(name)},script={OptionValue.Escape(script)},downscript={OptionValue.Escape(down)}";
        }

        state.Note($"the network backend {item.Id} ({item.Kind}) was added while the guest ran, and its options cannot be asked: "
            + "on a resume it is QEMU's own network (user)");
        return $"user,id={id}";
    }
}
