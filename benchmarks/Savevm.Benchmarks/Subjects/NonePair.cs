using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;

namespace Savevm.Benchmarks.Subjects;

/// <summary>Two QEMUs whose machine is RAM alone: the first has what a file holds, the second waits for it.</summary>
internal sealed class NonePair : IDisposable
{
    private readonly string _folder;
    private readonly ChildProcess _source, _destination;
    private readonly QmpConnection _monitor;

    public NonePair(BenchmarkRun run, QemuInstallation qemu, int mebibytes, string image)
    {
        _folder = Directory.CreateDirectory(run.Workspace.NewSocketFolder()).FullName;
        string[] machine = ["-m", mebibytes.ToString(CultureInfo.InvariantCulture), "-accel", "tcg", "-nodefaults", "-display", "none"];
        _source = ChildProcess.Start(
            qemu.Path,
            [
                "-M", "none,memory-backend=ram", .. machine,
                "-object", $"memory-backend-file,id=ram,size={mebibytes}M,mem-path={image},share=off", "-qmp", $"unix:{_folder}/qmp,server=on,wait=off",
            ]);
        _destination = ChildProcess.Start(qemu.Path, ["-M", "none", .. machine, "-incoming", $"unix:{_folder}/in"]);
        _monitor = Connect();
        while (!File.Exists($"{_folder}/in"))
        {
            Thread.Sleep(5);
        }
    }

    /// <summary>Sends the machine; how long that took by QEMU's own account.</summary>
    public TimeSpan Migrate()
    {
        _monitor.Execute("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 0 });
        _monitor.Execute("migrate", new JsonObject { ["uri"] = $"unix:{_folder}/in" });
        _monitor.UntilMigrated();
        return TimeSpan.FromMilliseconds((long)_monitor.Execute("query-migrate")!["total-time"]!);
    }

    public void Dispose()
    {
        _monitor.Dispose();
        foreach (ChildProcess process in new[] { _source, _destination })
        {
            process.Signal(9);
            process.Dispose();
        }
    }

    private QmpConnection Connect()
    {
        for (DateTime end = DateTime.UtcNow + QmpConnection.Patience; ; Thread.Sleep(5))
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint($"{_folder}/qmp"));
                return new QmpConnection(socket);
            }
            catch (SocketException) when (!_source.HasExited && DateTime.UtcNow < end)
            {
                socket.Dispose();
            }
        }
    }
}
