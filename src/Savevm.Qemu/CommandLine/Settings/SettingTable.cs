using System.Collections.Frozen;

namespace Savevm.Qemu.CommandLine.Settings;

/// <summary>What is known of options that a user may want to set: how their argument is built, and which are not his to set.</summary>
internal static class SettingTable
{
    // The property that may stand first without its name; empty where there is none. What is not here has a plain argument.
    private static readonly FrozenDictionary<string, string> Structured = new Dictionary<string, string>
    {
        ["accel"] = "accel",
        ["acpitable"] = "",
        ["action"] = "",
        ["add-fd"] = "",
        ["audio"] = "driver",
        ["audiodev"] = "driver",
        ["async-teardown"] = "",
        ["blockdev"] = "driver",
        ["boot"] = "order",
        ["chardev"] = "backend",
        ["compat"] = "",
        ["cpu"] = "model",
        ["device"] = "driver",
        ["display"] = "type",
        ["drive"] = "",
        ["fsdev"] = "fsdriver",
        ["fw_cfg"] = "name",
        ["icount"] = "shift",
        ["iscsi"] = "",
        ["m"] = "size",
        ["machine"] = "type",
        ["mon"] = "chardev",
        ["msg"] = "",
        ["name"] = "guest",
        ["net"] = "type",
        ["netdev"] = "type",
        ["nic"] = "type",
        ["numa"] = "type",
        ["object"] = "qom-type",
        ["overcommit"] = "",
        ["plugin"] = "file",
        ["rtc"] = "base",
        ["run-with"] = "",
        ["sandbox"] = "enable",
        ["smbios"] = "",
        ["smp"] = "cpus",
        ["spice"] = "port",
        ["tpmdev"] = "type",
        ["trace"] = "enable",
        ["usbdevice"] = "driver",
        ["virtfs"] = "fsdriver",
        ["vnc"] = "vnc",
    }.ToFrozenDictionary();

    // Each stands for a thing of its own, which has an id.
    private static readonly FrozenSet<string> Named =
        new[] { "audiodev", "blockdev", "chardev", "device", "drive", "fsdev", "mon", "netdev", "object", "tpmdev" }.ToFrozenSet();

    private static readonly FrozenDictionary<string, string> Ours = new Dictionary<string, string>
    {
        ["incoming"] = "savevm brings the state itself",
        ["loadvm"] = "the state comes from the snapshot",
        ["S"] = "the guest is paused when it was when it was captured",
        ["daemonize"] = "savevm stays beside its QEMU; --detach lets the command return",
        ["preconfig"] = "nobody would say how it goes on",
        ["qtest"] = "it would take the guest's processors away",
        ["add-fd"] = "there is no descriptor to hand over",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, string> OfTheGuest = new Dictionary<string, string>
    {
        ["uuid"] = "its uuid",
        ["smbios"] = "its SMBIOS tables",
        ["acpitable"] = "its ACPI tables",
        ["append"] = "its kernel's command line",
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> MacAddresses = new[] { "mac", "macaddr" }.ToFrozenSet();

    /// <summary>The implied property of a structured argument; null where the argument is plain.</summary>
    public static string? ImpliedOf(string option) => Structured.GetValueOrDefault(option);

    /// <summary>Options of this name have ids.</summary>
    public static bool IsNamed(string option) => Named.Contains(option);

    /// <summary>The property that is the id.</summary>
    public static string IdOf(string option) => option == "blockdev" ? "node-name" : "id";

    /// <summary>Why an option is not the user's to set; null where it is.</summary>
    public static string? WhyOurs(string option) => Ours.GetValueOrDefault(option);

    /// <summary>What of the guest's own state a setting would have to change; null where it changes no such thing.</summary>
    public static string? GuestStateOf(string option, string? property) =>
        OfTheGuest.GetValueOrDefault(option)
        ?? (property is not null && MacAddresses.Contains(property) && option is "device" or "nic" or "net" ? "its MAC address" : null);

    /// <summary>Which option was probably meant.</summary>
    public static string? NearestTo(string option)
    {
        string[] near = [.. OptionTable.Known.Where(known => known.Length > 2 && (known.StartsWith(option, StringComparison.Ordinal)
            || (option.Length > 2 && option.StartsWith(known, StringComparison.Ordinal)) || IsOneChangeAway(known, option))).Order(StringComparer.Ordinal)];
        return near.Length == 0 ? null : $"there is {string.Join(", ", near.Select(known => "-" + known))}";
    }

    private static bool IsOneChangeAway(string one, string two)
    {
        int start = one.Zip(two).TakeWhile(pair => pair.First == pair.Second).Count();
        int end = one.Reverse().Zip(two.Reverse()).TakeWhile(pair => pair.First == pair.Second).Count();
        return Math.Max(one.Length, two.Length) - start - end <= 1;
    }
}
