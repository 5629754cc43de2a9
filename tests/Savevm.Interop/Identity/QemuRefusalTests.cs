using Savevm.Interop.Lab;

namespace Savevm.Interop.Identity;

/// <summary>What only QEMU can find out, when it loads the state: its own line is shown, with what it means and where in the snapshot it stands.</summary>
public sealed class QemuRefusalTests
{
    public static TheoryData<string> Qemus => new(QemuLab.All.Select(qemu => qemu.Name));

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task TheSectionTheFieldAndTheByteAreNamed(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        GuestSpecification specification = GuestSpecification.For(qemu.Machine("pc"), "tcg") with
        {
            RegionMiB = 4,
            Extra = ["-device", "virtio-net-pci,id=nic,vectors=4", "-device", "virtio-serial-pci,id=serial", "-device", "e1000,id=other,romfile="],
        };
        LabGuest guest = await Guests.TickingAsync(workspace, qemu, specification);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--mode", "stop", "--after", "stop");
        guest.Kill();
        string devices = Path.Combine(await SavevmCommand.FolderAsync(workspace, "web"), "devices.bin");

        string vectors = await RefusedAsync(workspace, qemu, specification, "vectors=4", "vectors=2", QemuLab.UserfaultfdAllowed ? "lazy" : "full");
        Assert.Contains("a capability of the PCI device (byte 9a of its configuration", vectors, StringComparison.Ordinal);
        Assert.Contains("is 3 in the state and 1 in the device", vectors, StringComparison.Ordinal);
        Assert.Contains("it said: get_pci_config_device: Bad config data: i=0x9a", vectors, StringComparison.Ordinal);
        Assert.Contains("hint: give it the same vectors=", vectors, StringComparison.Ordinal);
        Assert.Equal(3, ByteNamedBy(vectors, "0000:00:02.0/virtio-net", devices));

        string function = await RefusedAsync(workspace, qemu, specification, "id=other", "id=other,multifunction=on", "full");
        Assert.Contains("the kind of PCI header (one function or several) is 0 in the state and 80 in the device", function, StringComparison.Ordinal);
        Assert.Contains("field parent_obj.config[0], its byte 14, byte 18 of the section", function, StringComparison.Ordinal);
        Assert.Equal(0, ByteNamedBy(function, "0000:00:04.0/e1000", devices));

        string ports = await RefusedAsync(workspace, qemu, specification, "id=serial", "id=serial,max_ports=64", "clone");
        Assert.Contains("section 0000:00:03.0/virtio-console 0", ports, StringComparison.Ordinal);
        Assert.Contains("its queues, ports or features differ", ports, StringComparison.Ordinal);

        string hpet = await RefusedAsync(workspace, qemu, specification with { Machine = specification.Machine + ",hpet=off" }, "", "", "full");
        Assert.Contains("this QEMU has no device for the state of hpet (section hpet 0", hpet, StringComparison.Ordinal);
        Assert.Contains("hint: start it with the machine type and the machine options", hpet, StringComparison.Ordinal);
    }

    // The byte of the device file at the place that the message names.
    private static int ByteNamedBy(string message, string section, string devices)
    {
        long begin = Number(message, $"section {section} 0, byte ");
        long offset = Number(message[message.IndexOf("; field ", StringComparison.Ordinal)..], ", byte ");
        using FileStream file = File.OpenRead(devices);
        file.Position = begin + offset;
        return file.ReadByte();
    }

    private static long Number(string text, string before)
    {
        int index = text.IndexOf(before, StringComparison.Ordinal);
        Assert.True(index >= 0, text);
        return long.Parse(string.Concat(text[(index + before.Length)..].TakeWhile(char.IsAsciiDigit)), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<string> RefusedAsync(
        Workspace workspace, QemuInstallation qemu, GuestSpecification specification, string old, string fresh, string mode)
    {
        IEnumerable<string> extra = old.Length == 0 ? specification.Extra : specification.Extra.Select(word => word.Replace(old, fresh, StringComparison.Ordinal));
        string folder = workspace.NewFolder("u");
        SavevmResult result = await SavevmCommand.RunAsync(
            workspace, ["resume", "web", "--mode", mode, "--", qemu.Path, .. (specification with { Extra = [.. extra] }).Arguments(folder)]);
        result.Expect(20);
        Assert.Contains("savevm: resume of web: QEMU refused the state: ", result.Errors, StringComparison.Ordinal);
        Assert.Empty(workspace.Leftovers());
        return result.Errors;
    }
}
