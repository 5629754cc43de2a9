using System.Text.Json.Nodes;
using Savevm.Interop.Lab;
using Savevm.Repository;
using Savevm.Repository.Snapshots;
using Savevm.States.Writing;

namespace Savevm.Interop.Forms;

/// <summary>A snapshot that the command under test made, opened by the library, to be written in other forms.</summary>
internal sealed class CapturedSnapshot : IDisposable
{
    private readonly Workspace _workspace;
    private readonly SnapshotRepository _repository;
    private readonly Snapshot _snapshot;

    private CapturedSnapshot(Workspace workspace, string name)
    {
        _workspace = workspace;
        _repository = SnapshotRepository.Open(workspace.Repository, create: false);
        _snapshot = _repository.Find(name);
        Machine = new SavedMachine(_snapshot.Ram, _snapshot.Devices.Save());
    }

    public SavedMachine Machine { get; }

    /// <summary>Stops a guest and captures it.</summary>
    public static async Task<CapturedSnapshot> OfAsync(Workspace workspace, LabGuest guest, string name = "web")
    {
        await guest.StopAsync();
        await SavevmCommand.CaptureAsync(workspace, guest, name, "--after", "stop", "--mode", "stop");
        return new CapturedSnapshot(workspace, name);
    }

    /// <summary>Writes a form; the path of the file.</summary>
    public string Write(string name, Action<ExportFile> write)
    {
        using ExportFile file = ExportFile.Create(Path.Combine(_workspace.NewFolder("x"), name));
        write(file);
        file.Commit(sync: false);
        return file.Path;
    }

    /// <summary>Loads a file in a QEMU that waits for it, and lets the guest run.</summary>
    public static async Task<LabGuest> LoadAsync(
        Workspace workspace, QemuInstallation qemu, GuestSpecification specification, string uri, params string[] capabilities)
    {
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification, "-incoming", "defer");
        foreach (string capability in capabilities)
        {
            await guest.Monitor.SetCapabilityAsync(capability);
        }

        await guest.Monitor.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = uri });
        await guest.Monitor.MigrationStatusAsync("completed");
        await guest.ContinueAsync();
        return guest;
    }

    public void Dispose()
    {
        _snapshot.Dispose();
        _repository.Dispose();
    }
}
