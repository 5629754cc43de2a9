using System.Globalization;

namespace Savevm.Interop.Lab;

/// <summary>A virtio disk of a guest, in a file that the test made.</summary>
/// <param name="Path">The file.</param>
/// <param name="Format"><c>raw</c> or <c>qcow2</c>.</param>
internal sealed record GuestDisk(string Path, string Format)
{
    /// <summary>Whether the guest may only read it. It then demands that the disk stays as it was when the guest began.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Whether it is named with <c>-blockdev</c> and explicit node names (<c>disk0</c> on <c>file0</c>) instead of <c>-drive</c>.</summary>
    public bool Blockdev { get; init; }

    /// <summary>What is appended to the drive's or the format node's options, as <c>,cache=none</c>.</summary>
    public string Options { get; init; } = string.Empty;

    public static GuestDisk Raw(string path, int mebibytes = 1)
    {
        using FileStream file = File.Create(path);
        file.SetLength((long)mebibytes << 20);
        return new GuestDisk(path, "raw");
    }

    /// <summary>A qcow2 image, made by a QEMU's own <c>qemu-img</c>; over another image where one is given.</summary>
    public static async Task<GuestDisk> Qcow2Async(
        Workspace workspace, QemuInstallation qemu, string path, int mebibytes = 1, GuestDisk? backing = null)
    {
        IReadOnlyList<string> under = backing is null ? [] : ["-b", backing.Path, "-F", backing.Format];
        await qemu.ImageToolAsync(
            workspace, ["create", "-q", "-f", "qcow2", .. under, path, string.Create(CultureInfo.InvariantCulture, $"{mebibytes}M")]);
        return new GuestDisk(path, "qcow2");
    }

    /// <summary>The arguments that put it into the machine.</summary>
    /// <param name="index">Its place among the guest's disks.</param>
    public IReadOnlyList<string> Arguments(int index)
    {
        string number = index.ToString(CultureInfo.InvariantCulture);
        string access = ReadOnly ? ",read-only=on" : string.Empty;
        return Blockdev
            ?
            [
                "-blockdev", $"driver=file,node-name=file{number},filename={Path}{access}",
                "-blockdev", $"driver={Format},node-name=disk{number},file=file{number}{access}{Options}",
                "-device", $"virtio-blk-pci,id=vd{number},drive=disk{number}",
            ]
            :
            [
                "-drive", $"if=none,id=disk{number},file={Path},format={Format}{access}{Options}",
                "-device", $"virtio-blk-pci,id=vd{number},drive=disk{number}",
            ];
    }
}
