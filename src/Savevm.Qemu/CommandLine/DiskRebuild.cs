using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Savevm.Qemu.CommandLine;

/// <summary>
/// Disks of the new QEMU: in the place of each disk that has a replacement stands that, usually an overlay of the new guest's own, and everything
/// about how it is plugged in stays. What brought the old contents alone is left out: opened once more, it would lock files of another QEMU.
/// </summary>
internal sealed partial class DiskRebuild
{
    // What says where the old contents are and how they are to be read.
    private static readonly string[] Contents =
    [
        "file", "format", "driver", "snapshot", "offset", "size", "backing", "data-file", "key-secret", "encrypt", "lazy-refcounts",
    ];

    // Wishes about input and output that hold for the new image as well.
    private static readonly string[] Kept = ["discard", "detect-zeroes", "force-share", "auto-read-only"];

    private readonly RebuildState _state;
    private readonly CommandLineDisks _disks;
    private readonly List<DiskReplacement> _open;
    private readonly HashSet<string> _covered;

    public DiskRebuild(QemuCommandLine recorded, RebuildState state)
    {
        _state = state;
        var replacements = state.Request.Disks ?? [];
        _disks = new CommandLineDisks(recorded, [.. replacements.Where(disk => disk.Anchor.IsDrive).Select(disk => disk.Anchor.Name)]);
        _open = [.. replacements];
        _covered = [.. replacements.SelectMany(disk => disk.CoveredNodes).Except(replacements.Select(disk => disk.Anchor.Name))];
    }

    /// <summary>The option as it is to stand; null where it falls away.</summary>
    public QemuOption? Replace(QemuOption option)
    {
        if (_state.Request.Disks is not { Count: > 0 })
        {
            return option;
        }

        return option.Name switch
        {
            // It would lay another, anonymous image over each disk.
            "snapshot" => null,
            "blockdev" => Node(option),
            "device" => Device(option),
            _ => Drive(option),
        };
    }

    /// <summary>The options for disks that the recorded command line does not have: what was plugged in later.</summary>
    public IEnumerable<QemuOption> Added()
    {
        foreach (var disk in _open.Where(disk => disk.Path is not null))
        {
            yield return disk.Anchor.IsDrive ? AddedDrive(disk) : new QemuOption("blockdev", NodeText(disk, null));
        }
    }

    private QemuOption? Drive(QemuOption option)
    {
        int index = _disks.Drives.ToList().FindIndex(drive => ReferenceEquals(drive.Option, option));
        if (index < 0 || Take(_disks.NameOfDrive(index), isDrive: true) is not { } disk)
        {
            return option;
        }

        var value = OptionValue.Parse(_disks.Drives[index].Value.ToString(), "if");
        value.Remove([.. value.Names.Where(name => Contents.Contains(name.Split('.')[0]))]);
        if (disk.Path is not null)
        {
            value.Set("file", disk.Path);
            value.Set("format", disk.Driver);
        }

        return new QemuOption("drive", value.ToString());
    }

    private QemuOption? Node(QemuOption option)
    {
        var value = OptionValue.Parse(option.Text, "driver");
        string name = value.Text("node-name") ?? string.Empty;
        if (Take(name, isDrive: false) is { } disk)
        {
            return disk.Path is null ? null : new QemuOption("blockdev", NodeText(disk, value));
        }

        return _covered.Contains(name) ? null : option;
    }

    // A drive whose medium was taken out and which had a node for it: the device stays, without one.
    private QemuOption Device(QemuOption option)
    {
        var value = OptionValue.Parse(option.Text, "driver");
        if (value.Text("drive") is not { } name || (_state.Request.Disks ?? []).FirstOrDefault(disk => !disk.Anchor.IsDrive && disk.Anchor.Name == name) is not { Path: null })
        {
            return option;
        }

        value.Remove("drive");
        return option with { Value = value.ToString() };
    }

    private DiskReplacement? Take(string name, bool isDrive)
    {
        int index = _open.FindIndex(disk => disk.Anchor.Name == name && disk.Anchor.IsDrive == isDrive);
        if (index < 0)
        {
            return null;
        }

        var disk = _open[index];
        _open.RemoveAt(index);
        return disk;
    }

    private static string NodeText(DiskReplacement disk, OptionValue? recorded)
    {
        bool isDevice = disk.Path!.StartsWith("/dev/", StringComparison.Ordinal);
        var file = new JsonObject { ["driver"] = isDevice ? "host_device" : "file", ["filename"] = disk.Path };
        var node = new JsonObject { ["driver"] = disk.Driver, ["node-name"] = disk.Anchor.Name, ["read-only"] = disk.IsReadOnly };
        foreach (string name in Kept)
        {
            if (recorded?.Text(name) is { } kept)
            {
                node[name] = kept switch { "on" when name is "force-share" or "auto-read-only" => true, "off" when name is "force-share" or "auto-read-only" => false, _ => kept };
            }
        }

        CopyCache(recorded, node, file);
        node["file"] = file;
        return Qmp.PlainJson.Text(node);
    }

    private static void CopyCache(OptionValue? recorded, JsonObject node, JsonObject file)
    {
        var cache = new JsonObject();
        foreach (string name in (ReadOnlySpan<string>)["direct", "no-flush"])
        {
            string? given = recorded?.Text("cache." + name)
                ?? (recorded?.Json?["cache"] is JsonObject inner && inner[name] is JsonValue value && value.TryGetValue(out bool isOn) ? isOn ? "on" : "off" : null);
            if (given is not null)
            {
                cache[name] = given is "on" or "true" or "yes";
            }
        }

        if (cache.Count > 0)
        {
            node["cache"] = cache;
            file["cache"] = cache.DeepClone();
        }
    }

    // QEMU's own names say where a drive belongs; any other was given with -drive id=, or by the monitor's drive_add.
    private static QemuOption AddedDrive(DiskReplacement disk)
    {
        var place = OwnName().Match(disk.Anchor.Name);
        string where = place.Success
            ? $"if={place.Groups["if"].Value}"
                + (place.Groups["bus"].Success ? $",bus={place.Groups["bus"].Value}" : string.Empty)
                + $",unit={place.Groups["unit"].Value},media={(place.Groups["media"].Value == "cd" ? "cdrom" : "disk")}"
            : $"if=none,id={OptionValue.Escape(disk.Anchor.Name)}";
        string readOnly = disk.IsReadOnly ? ",readonly=on" : string.Empty;
        return new QemuOption("drive", $"{where},file={OptionValue.Escape(disk.Path!)},format={disk.Driver}{readOnly}");
    }

    [GeneratedRegex(@"^(?:(?<if>ide|scsi)(?<bus>\d+)-(?<media>cd|hd)(?<unit>\d+)|(?<if>floppy|virtio|sd|pflash)(?<unit>\d+))$", RegexOptions.ExplicitCapture)]
    private static partial Regex OwnName();
}
