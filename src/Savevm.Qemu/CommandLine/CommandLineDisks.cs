using System.Globalization;
using Savevm.Qemu.Disks;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu.CommandLine;

/// <summary>The disks of a command line: what makes them, and which of a live QEMU's they are.</summary>
public sealed class CommandLineDisks
{
    private const string AnonymousDevice = "/machine/peripheral-anon/device[";
    private const string SystemFlash = "/machine/system.flash";

    private readonly QemuCommandLine _commandLine;
    private readonly IReadOnlyList<string> _names;

    /// <summary>Finds them.</summary>
    /// <param name="commandLine">The command line.</param>
    /// <param name="liveDrives">The names that a live QEMU of it uses; null where there is none to ask.</param>
    public CommandLineDisks(QemuCommandLine commandLine, IReadOnlyCollection<string>? liveDrives = null)
    {
        ArgumentNullException.ThrowIfNull(commandLine);
        _commandLine = commandLine;
        Drives = [.. commandLine.Options.Select(DriveOption.Of).OfType<DriveOption>()];
        _names = DriveNaming.Name(Drives, liveDrives ?? []);
        Nodes = [.. commandLine.All("blockdev").Select(option => OptionValue.Parse(option.Text, "driver").Text("node-name")).OfType<string>()];
    }

    /// <summary>The names of the block nodes that have an option of their own.</summary>
    public IReadOnlyList<string> Nodes { get; }

    internal IReadOnlyList<DriveOption> Drives { get; }

    /// <summary>
    /// What the command line calls a disk of a live QEMU that was started with it. A disk that was plugged in later is called what QEMU calls it.
    /// </summary>
    public DiskAnchor AnchorOf(AttachedDisk disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        if (disk.Drive.Length > 0)
        {
            return new DiskAnchor(true, disk.Drive);
        }

        string? given = disk.DeviceId is { } id ? DriveOfDevice(id)
            : disk.DevicePath?.StartsWith(AnonymousDevice, StringComparison.Ordinal) == true ? DriveOfAnonymous(disk.DevicePath[AnonymousDevice.Length..])
            : disk.DevicePath?.StartsWith(SystemFlash, StringComparison.Ordinal) == true ? Flash(disk.DevicePath[SystemFlash.Length..])
            : null;
        if (given is not null)
        {
            return IndexOfDrive(given) >= 0 ? new DiskAnchor(true, given) : new DiskAnchor(false, BelowFilters(disk, given));
        }

        // Whatever it hangs on: the first node of its chain that the command line knows.
        var known = disk.Root?.WithDescendants().FirstOrDefault(node => Nodes.Contains(node.Name) && !node.IsFilter && node.HostPath is null);
        return new DiskAnchor(false, known?.Name ?? disk.Root?.Name ?? string.Empty);
    }

    /// <summary>
    /// Every disk on the command line that is a file of the host, complete with the given folder. For a node that only brings a file, the one that
    /// stands on it.
    /// </summary>
    public IEnumerable<(DiskAnchor Anchor, string Path, bool IsReadOnly)> Files(string workingDirectory)
    {
        for (int i = 0; i < Drives.Count; i++)
        {
            if (Drives[i].File is { Length: > 0 } file && !file.Contains("://", StringComparison.Ordinal))
            {
                yield return (new DiskAnchor(true, _names[i]), BlockGraph.CompletePaths(file, workingDirectory), Drives[i].IsReadOnly);
            }
        }

        foreach (var option in _commandLine.All("blockdev"))
        {
            var value = OptionValue.Parse(option.Text, "driver");
            string? file = value.Text("filename") ?? value.Text("file.filename") ?? value.Json.Member("file").Text("filename");
            if (file is not null && value.Text("node-name") is { } name)
            {
                yield return (new DiskAnchor(false, Above(name)), Path.Combine(workingDirectory, file), value.IsOn("read-only"));
            }
        }
    }

    /// <summary>The name of a drive by its place.</summary>
    internal string NameOfDrive(int index) => _names[index];

    /// <summary>The place of a drive among <see cref="Drives"/>; -1 where none has this name.</summary>
    internal int IndexOfDrive(string name)
    {
        for (int i = 0; i < _names.Count; i++)
        {
            if (_names[i] == name)
            {
                return i;
            }
        }

        return -1;
    }

    // A filter on the command line stays; what is replaced is the node below it.
    private string BelowFilters(AttachedDisk disk, string name)
    {
        var named = disk.Root?.WithDescendants().FirstOrDefault(node => node.Name == name);
        return named is { IsFilter: true } ? named.Chain().FirstOrDefault(node => Nodes.Contains(node.Name))?.Name ?? name : name;
    }

    // A node that is only the file of another one: the other one is the disk.
    private string Above(string name)
    {
        var user = _commandLine.All("blockdev")
            .Select(option => OptionValue.Parse(option.Text, "driver"))
            .FirstOrDefault(value => value.Text("file") == name);
        return user?.Text("node-name") is { } above && above != name ? above : name;
    }

    private string? DriveOfDevice(string id) => Devices()
        .FirstOrDefault(device => device.Text("id") == id)?.Text("drive");

    // Devices without an id are numbered in the order in which QEMU makes them: those in JSON come last.
    private string? DriveOfAnonymous(string rest)
    {
        var anonymous = Devices().Where(device => device.Text("id") is null).OrderBy(device => device.IsJson).ToList();
        int end = rest.IndexOf(']', StringComparison.Ordinal);
        return end > 0 && int.TryParse(rest.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < anonymous.Count
            ? anonymous[index].Text("drive")
            : null;
    }

    private string? Flash(string number) => _commandLine.All("machine")
        .Select(option => OptionValue.Parse(option.Text, "type").Text("pflash" + number))
        .LastOrDefault(node => node is not null);

    private IEnumerable<OptionValue> Devices() => _commandLine.All("device").Select(option => OptionValue.Parse(option.Text, "driver"));
}
