using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Savevm.Interop.Lab;

/// <summary>A running QEMU seen through a monitor of its own: its ticks, its run state, its memory.</summary>
internal sealed class LabGuest : IAsyncDisposable
{
    private const int VideoMemory = 0xa0000;

    private readonly LabProcess? _process;
    private readonly Workspace _workspace;

    private LabGuest(Workspace workspace, LabProcess? process, int processId, QmpClient monitor, string folder)
    {
        _workspace = workspace;
        _process = process;
        ProcessId = processId;
        Monitor = monitor;
        Folder = folder;
    }

    public int ProcessId { get; }

    public QmpClient Monitor { get; }

    /// <summary>The folder of its sockets.</summary>
    public string Folder { get; }

    /// <summary>The monitor that is left to the command under test.</summary>
    public string QmpPath => Path.Combine(Folder, "qmp");

    public GuestLog Log { get; } = new();

    public LabProcess Process => _process ?? throw new InvalidOperationException("this QEMU was started by the command under test");

    /// <summary>Starts a QEMU.</summary>
    public static async Task<LabGuest> StartAsync(
        Workspace workspace, QemuInstallation qemu, GuestSpecification specification, params string[] more)
    {
        string folder = workspace.NewFolder("g");
        LabProcess process = LabProcess.Start(qemu.Path, [.. specification.Arguments(folder), .. more]);
        workspace.Owns(process);
        try
        {
            QmpClient monitor = await QmpClient.ConnectAsync(Path.Combine(folder, "lab"), () => !process.HasExited);
            return workspace.Owns(new LabGuest(workspace, process, process.Id, monitor, folder));
        }
        catch (Exception exception) when (process.HasExited)
        {
            throw new InvalidOperationException($"{qemu.Path} did not start: {process.Errors}", exception);
        }
    }

    /// <summary>A QEMU that the command under test started: its process and the path of its lab monitor.</summary>
    public static async Task<LabGuest> AttachAsync(Workspace workspace, int processId, string labMonitor) =>
        workspace.Owns(new LabGuest(
            workspace, null, processId, await QmpClient.ConnectAsync(labMonitor), Path.GetDirectoryName(labMonitor)!));

    /// <summary>Reads what the guest said meanwhile.</summary>
    public async Task<GuestLog> ReadAsync()
    {
        JsonNode? text = await Monitor.ExecuteAsync(
            "ringbuf-read", new JsonObject { ["device"] = "ticks", ["size"] = 1 << 20, ["format"] = "utf8" });
        Log.Append((string)text!);
        return Log;
    }

    /// <summary>
    /// Waits for a tick; returns the last one seen, which may be later. Patiently: under a KVM that emulates, the firmware alone takes eight seconds of
    /// a processor that others may want too.
    /// </summary>
    /// <param name="tick">Its number.</param>
    /// <param name="seconds">How long; a kernel that boots on an emulated processor needs more on a busy machine.</param>
    public async Task<int> UntilTickAsync(int tick, int seconds = 120)
    {
        for (DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(seconds); ; await Task.Delay(10))
        {
            await ReadAsync();
            if (Log.LastTick >= tick)
            {
                return Log.LastTick;
            }

            Assert.True(DateTime.UtcNow < end, $"no tick {tick}; the guest is {await Monitor.StatusAsync()} and said: {Log.Text}");
        }
    }

    /// <summary>Waits until so many more ticks have come; of a guest that has not been heard yet, after its first.</summary>
    public async Task<int> MoreTicksAsync(int count)
    {
        int seen = (await ReadAsync()).LastTick;
        return await UntilTickAsync((seen > 0 ? seen : await UntilTickAsync(1)) + count);
    }

    /// <summary>Types an order on the guest's second serial port; the rest of the line with which it answers.</summary>
    /// <param name="order">The letter.</param>
    /// <param name="answer">The word that begins the line.</param>
    public async Task<string> AskAsync(char order, string answer)
    {
        int from = (await ReadAsync()).Text.Length;
        using (var orders = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await orders.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(Folder, "orders")));
            await orders.SendAsync(new[] { (byte)order });
            for (DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(60); ; await Task.Delay(10))
            {
                string said = (await ReadAsync()).Text[from..];
                int at = said.IndexOf(answer + " ", StringComparison.Ordinal);
                if (at >= 0 && said.IndexOf('\n', at) is > 0 and int until)
                {
                    return said[(at + answer.Length + 1)..until];
                }

                Assert.True(DateTime.UtcNow < end, $"no {answer}; the guest is {await Monitor.StatusAsync()} and said: {said}");
            }
        }
    }

    public Task StopAsync() => Monitor.ExecuteAsync("stop");

    public Task ContinueAsync() => Monitor.ExecuteAsync("cont");

    /// <summary>What a command of the human monitor prints.</summary>
    public async Task<string> HumanAsync(string command) =>
        (string)(await Monitor.ExecuteAsync("human-monitor-command", new JsonObject { ["command-line"] = command }))!;

    /// <summary>A property of an object of QEMU.</summary>
    public Task<JsonNode?> PropertyAsync(string path, string property) =>
        Monitor.ExecuteAsync("qom-get", new JsonObject { ["path"] = path, ["property"] = property });

    /// <summary>SHA-256 of the guest's RAM: below the video memory, and from 1 MiB to the end. The guest must stand still.</summary>
    public async Task<string> DigestAsync(int ramMiB = 64)
    {
        string file = Path.Combine(_workspace.NewFolder("d"), "ram");
        await Monitor.ExecuteAsync(
            "pmemsave", new JsonObject { ["val"] = 0, ["size"] = (long)ramMiB << 20, ["filename"] = file });
        string digest = Digest(file);
        File.Delete(file);
        return digest;
    }

    /// <summary>The same digest of a file that holds the RAM.</summary>
    public static string Digest(string file)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using FileStream stream = File.OpenRead(file);
        var buffer = new byte[1 << 20];
        for (long offset = 0; stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) is int count and > 0; offset += count)
        {
            digest.AppendData(buffer, 0, offset == 0 ? VideoMemory : count);
        }

        return Convert.ToHexString(digest.GetHashAndReset());
    }

    /// <summary>Ends the QEMU as hard as it can be done.</summary>
    public void Kill() => LabProcess.Signal(ProcessId, 9);

    /// <summary>Waits until its process is gone.</summary>
    public async Task GoneAsync()
    {
        for (DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(10); Workspace.IsAlive(ProcessId); await Task.Delay(10))
        {
            Assert.True(DateTime.UtcNow < end, $"QEMU {ProcessId} does not end");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Monitor.DisposeAsync();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        else if (Workspace.IsAlive(ProcessId))
        {
            Kill();
        }
    }
}
