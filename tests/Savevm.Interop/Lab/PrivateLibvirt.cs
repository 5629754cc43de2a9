using System.Globalization;

namespace Savevm.Interop.Lab;

/// <summary>A libvirt of the test's own: the distribution's libvirtd, with every file and socket in the test's folder.</summary>
internal sealed class PrivateLibvirt
{
    private readonly Workspace _workspace;
    private readonly string _folder;

    private PrivateLibvirt(Workspace workspace, string folder)
    {
        _workspace = workspace;
        _folder = folder;
    }

    /// <summary>Starts the daemon; the test is skipped where it cannot have a mount of its own.</summary>
    public static async Task<PrivateLibvirt> StartAsync(Workspace workspace)
    {
        var libvirt = new PrivateLibvirt(workspace, workspace.NewFolder("v"));
        LabProcess version = workspace.Owns(LabProcess.Start(LabPrograms.Libvirt, [libvirt._folder, "libvirtd", "--version"]));
        Assert.SkipUnless(await version.ExitAsync() == 0, $"libvirtd cannot be started in a namespace of its own: {version.Errors}");

        string settings = Directory.CreateDirectory(Path.Combine(libvirt._folder, "config", "libvirt")).FullName;
        File.WriteAllText(Path.Combine(settings, "qemu.conf"), "stdio_handler = \"file\"\nsecurity_driver = \"none\"\n");
        Directory.CreateDirectory(
            Path.Combine(libvirt._folder, "run"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        LabProcess daemon = workspace.Owns(LabProcess.Start(LabPrograms.Libvirt, [libvirt._folder, "libvirtd"]));
        for (DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(60); !File.Exists(libvirt.Socket); await Task.Delay(20))
        {
            Assert.False(daemon.HasExited, daemon.Errors);
            Assert.True(DateTime.UtcNow < end, "libvirtd made no socket");
        }

        return libvirt;
    }

    private string Socket => Path.Combine(_folder, "run", "libvirt", "libvirt-sock");

    /// <summary>Runs virsh; what it said.</summary>
    public async Task<string> VirshAsync(params IReadOnlyList<string> arguments)
    {
        LabProcess virsh = _workspace.Owns(LabProcess.Start(
            LabPrograms.Libvirt, [_folder, "virsh", "--quiet", "--connect", $"qemu:///session?socket={Socket}", .. arguments]));
        int code = await virsh.ExitAsync(TimeSpan.FromSeconds(120));
        Assert.True(code == 0, $"virsh {string.Join(' ', arguments)}: {virsh.Errors}{ReadLogs()}");
        return virsh.Output;
    }

    /// <summary>The process of a domain.</summary>
    public int ProcessIdOf(string domain) => int.Parse(
        File.ReadAllText(Path.Combine(_folder, "run", "libvirt", "qemu", "run", $"{domain}.pid")), CultureInfo.InvariantCulture);

    private string ReadLogs()
    {
        string folder = Path.Combine(_folder, "cache", "libvirt", "qemu", "log");
        return Directory.Exists(folder) ? string.Concat(Directory.EnumerateFiles(folder).Select(File.ReadAllText)) : string.Empty;
    }
}
