using System.Security;
using Savevm.Interop.Lab;
using Savevm.States.Writing;
using Savevm.Wire.Containers.Libvirt;

namespace Savevm.Interop.Forms;

/// <summary>What is written as a libvirt image, the distribution's libvirt restores, and the guest goes on.</summary>
public sealed class LibvirtTests
{
    [Fact]
    public async Task VirshRestoresWhatWasExported()
    {
        await using var workspace = new Workspace();
        PrivateLibvirt libvirt = await PrivateLibvirt.StartAsync(workspace);
        await RestoreAsync(workspace, libvirt, QemuLab.Newest, LibvirtFormat.Raw);
        if (QemuLab.Oldest != QemuLab.Newest)
        {
            await RestoreAsync(workspace, libvirt, QemuLab.Oldest, LibvirtFormat.Gzip);
        }
    }

    private static async Task RestoreAsync(Workspace workspace, PrivateLibvirt libvirt, QemuInstallation qemu, LibvirtFormat format)
    {
        GuestSpecification specification = GuestSpecification.For(qemu.Machine("pc"), "tcg");
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(4);
        string name = $"web-{format}";
        using CapturedSnapshot captured = await CapturedSnapshot.OfAsync(workspace, guest, name);
        await guest.ReadAsync();

        // libvirt describes the machine; the ticker, and what the test listens with, it passes on as they are.
        string folder = workspace.NewFolder("d");
        IEnumerable<string> own = specification.Arguments(folder).SkipWhile(argument => argument != "-chardev");
        string minimal = DomainXml.Minimal(
            name, Guid.NewGuid(), specification.Machine, specification.RamMiB << 20, processors: 1, isAccelerated: false, qemu.Path);
        string xml = minimal
            .Replace("<domain type='qemu'>", "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>", StringComparison.Ordinal)
            .Replace(
                "</domain>",
                $"<qemu:commandline>{string.Concat(own.Select(argument => $"<qemu:arg value='{SecurityElement.Escape(argument)}'/>"))}</qemu:commandline></domain>",
                StringComparison.Ordinal);
        string image = captured.Write(
            "image", file => LibvirtWriter.Write(captured.Machine, xml, string.Empty, wasRunning: true, format, file, new WritingWatch()));
        await libvirt.VirshAsync("restore", image);
        LabGuest back = await LabGuest.AttachAsync(workspace, libvirt.ProcessIdOf(name), Path.Combine(folder, "lab"));
        Assert.Equal("running", await back.Monitor.StatusAsync());
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        back.Log.AssertContinues(guest.Log);
        await libvirt.VirshAsync("destroy", name);
    }
}
