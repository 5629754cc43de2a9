using System.Collections.Frozen;

namespace Savevm.Qemu.CommandLine;

/// <summary>
/// The files that a command line names relative to the folder it is started in. Disks are not among them (they are replaced on a resume), nor
/// are sockets and logs (they are made fresh), nor firmware that QEMU looks up by its bare name.
/// </summary>
public static class RelativeFiles
{
    private static readonly FrozenSet<string> Files = FrozenSet.ToFrozenSet(["kernel", "initrd", "dtb", "shim", "mem-path", "readconfig"]);

    private static readonly FrozenSet<string> Firmware = FrozenSet.ToFrozenSet(["bios", "option-rom", "L"]);

    // Option, the property that may stand first, the properties that are files.
    private static readonly FrozenDictionary<string, (string Implied, string[] Properties)> Places = new Dictionary<string, (string, string[])>
    {
        ["object"] = ("qom-type", ["filename", "mem-path", "dir", "file", "evdev"]),
        ["fsdev"] = ("fsdriver", ["path", "socket"]),
        ["virtfs"] = ("fsdriver", ["path", "socket"]),
        ["fw_cfg"] = ("name", ["file"]),
        ["acpitable"] = ("sig", ["file", "data"]),
        ["smbios"] = ("type", ["file", "path"]),
        ["plugin"] = ("file", ["file"]),
        ["tpmdev"] = ("type", ["path", "cancel-path"]),
    }.ToFrozenDictionary();

    /// <summary>Each of them as the command line says it, such as <c>-kernel vmlinuz</c>.</summary>
    /// <param name="argv">The words, the program's own first.</param>
    /// <exception cref="CommandLineRefusedException">It is no command line of QEMU.</exception>
    public static IReadOnlyList<string> In(IReadOnlyList<string> argv) => [.. QemuCommandLine.Parse(argv).Options.SelectMany(In)];

    private static IEnumerable<string> In(QemuOption option)
    {
        if ((Files.Contains(option.Name) && IsRelative(option.Text)) || (Firmware.Contains(option.Name) && IsRelative(option.Text) && option.Text.Contains('/', StringComparison.Ordinal)))
        {
            return [$"-{option.Name} {option.Text}"];
        }

        if (option.Name == "device")
        {
            var device = OptionValue.Parse(option.Text, "driver");
            return device.Text("romfile") is { } rom && IsRelative(rom) && rom.Contains('/', StringComparison.Ordinal) ? [$"-device …,romfile={rom}"] : [];
        }

        if (!Places.TryGetValue(option.Name, out var place))
        {
            return [];
        }

        var value = OptionValue.Parse(option.Text, place.Implied);
        return place.Properties
            .Select(property => (Name: property, File: value.Text(property)))
            .Where(property => property.File is not null && IsRelative(property.File))
            .Select(property => $"-{option.Name} …,{property.Name}={property.File}");
    }

    private static bool IsRelative(string path) => path.Length > 0 && path[0] != '/';
}
