using System.Text.Json.Nodes;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;

namespace Savevm.Benchmarks.Subjects;

/// <summary>
/// One state of a guest in every form that is compared: our snapshot, QEMU's stream in a file, QEMU's mapped-ram file. The machine is stopped
/// while QEMU saves it, since a 7.2 under TCG loses writes of a guest that runs; so its loads need a <c>cont</c>.
/// </summary>
internal sealed class SavedGuest : IDisposable
{
    /// <summary>The name of the snapshot.</summary>
    public const string Snapshot = "state";

    private const int Channels = 2;

    private readonly string _folder;
    private readonly BenchmarkRun _run;

    /// <summary>Boots the guest, lets it write its region, saves it and ends it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="guest">The guest.</param>
    /// <param name="withSnapshot">Make our snapshot.</param>
    /// <param name="withStreams">Make QEMU's files.</param>
    public SavedGuest(BenchmarkRun run, BenchmarkGuest guest, bool withSnapshot = true, bool withStreams = true)
    {
        _run = run;
        Guest = guest;
        _folder = run.Workspace.NewDataFolder("saved");
        Savevm = new SavevmProgram(run, Path.Combine(_folder, "repository"));
        Sockets = run.Workspace.NewSocketFolder();
        using var observer = new GuestObserver(Sockets);
        run.Progress($"{guest}: booting and saving");
        using ChildProcess process = ChildProcess.Start(guest.Qemu.Path, [.. guest.Arguments, .. observer.Arguments(withFreeMonitor: true)]);
        observer.Tick(process);
        if (withSnapshot)
        {
            try
            {
                Savevm.Capture(Snapshot, observer.FreeMonitor, "stop", "run");
            }
            catch (Exception exception) when (exception is InvalidOperationException or TimeoutException or System.ComponentModel.Win32Exception)
            {
                // The peers are measured all the same.
                SnapshotFailure = $"capture: {exception.Message}";
            }
        }

        if (withStreams)
        {
            Save(observer.Monitor(process));
        }
    }

    public BenchmarkGuest Guest { get; }

    public SavevmProgram Savevm { get; }

    /// <summary>Where the recorded command line calls its observer: that of a resumed guest must wait there.</summary>
    public string Sockets { get; }

    /// <summary>Why there is no snapshot; null when there is one.</summary>
    public string? SnapshotFailure { get; }

    /// <summary>QEMU's stream.</summary>
    public string Stream => Path.Combine(_folder, "stream");

    /// <summary>QEMU's mapped-ram file.</summary>
    public string MappedRam => Path.Combine(_folder, "mapped-ram");

    /// <summary>What both sides of a mapped-ram file are told.</summary>
    public static string[] MappedRamCapabilities => ["mapped-ram", "multifd"];

    public static JsonObject MappedRamParameters => new() { ["multifd-channels"] = Channels };

    /// <summary>Takes back what resumes have learned: the next one is a first one again.</summary>
    public void ForgetWorkingSet() => File.Delete(Path.Combine(_folder, "repository", Snapshot, "working-set.bin"));

    public void Dispose() => _ = _run.Workspace.NewDataFolder("saved");

    private void Save(QmpConnection monitor)
    {
        monitor.StopAgain();
        monitor.Execute("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 0 });
        monitor.Execute("migrate", new JsonObject { ["uri"] = $"exec:cat > {Stream}" });
        monitor.UntilMigrated();
        if (Guest.Qemu.HasMappedRam)
        {
            monitor.StopAgain();
            monitor.SetCapabilities(true, MappedRamCapabilities);
            monitor.Execute("migrate-set-parameters", MappedRamParameters);
            monitor.Execute("migrate", new JsonObject { ["uri"] = $"file:{MappedRam}" });
            monitor.UntilMigrated();
        }
    }
}
