using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Hosting;

/// <summary>A real QEMU whose machine is <c>none</c>.</summary>
internal sealed class NoneQemu : IAsyncDisposable
{
    private readonly LabProcess _process;
    private readonly Workspace _workspace;
    private readonly int _mebibytes;

    private NoneQemu(Workspace workspace, LabProcess process, QmpClient monitor, int mebibytes)
    {
        (_workspace, _process, Monitor, _mebibytes) = (workspace, process, monitor, mebibytes);
    }

    public QmpClient Monitor { get; }

    /// <summary>What it said on its standard error output.</summary>
    public string Errors => _process.Errors;

    public static async Task<NoneQemu> StartAsync(Workspace workspace, QemuInstallation qemu, int mebibytes, params string[] more)
    {
        string folder = workspace.NewFolder("n");
        LabProcess process = LabProcess.Start(qemu.Path,
        [
            "-M", "none", "-m", $"{mebibytes}", "-accel", "tcg", "-nodefaults", "-display", "none", "-qmp", $"unix:{folder}/lab,server=on,wait=off", .. more,
        ]);
        workspace.Owns(process);
        QmpClient monitor = await QmpClient.ConnectAsync(Path.Combine(folder, "lab"), () => !process.HasExited);
        return new NoneQemu(workspace, process, monitor, mebibytes);
    }

    /// <summary>One whose RAM holds what a file holds; it never writes to the file.</summary>
    public static async Task<NoneQemu> HoldingAsync(Workspace workspace, QemuInstallation qemu, byte[] ram, params string[] more)
    {
        string image = Path.Combine(workspace.NewFolder("i"), "ram");
        await File.WriteAllBytesAsync(image, ram);
        string[] memory = ["-object", $"memory-backend-file,id=ram,size={ram.Length},mem-path={image},share=off", "-machine", "none,memory-backend=ram"];
        return await StartAsync(workspace, qemu, ram.Length >> 20, [.. memory, .. more]);
    }

    /// <summary>All of its RAM, read by QEMU itself. In postcopy this is what makes it ask for pages.</summary>
    public async Task<byte[]> RamAsync()
    {
        string file = Path.Combine(_workspace.NewFolder("d"), "ram");
        await Monitor.ExecuteAsync("pmemsave", new JsonObject { ["val"] = 0, ["size"] = (long)_mebibytes << 20, ["filename"] = file });
        byte[] bytes = await File.ReadAllBytesAsync(file);
        File.Delete(file);
        return bytes;
    }

    public static string Digest(byte[] ram) => Convert.ToHexString(SHA256.HashData(ram));

    public async ValueTask DisposeAsync()
    {
        await Monitor.DisposeAsync();
        await _process.DisposeAsync();
    }
}
