using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Savevm.Benchmarks.Processes;

namespace Savevm.Benchmarks.Qemu;

/// <summary>
/// Looks at a guest from outside, whoever started its QEMU: that QEMU connects its serial port and a monitor to sockets on which this listens,
/// so nothing is polled.
/// </summary>
internal sealed partial class GuestObserver : IDisposable
{
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    private readonly Socket _monitorListener;
    private readonly Socket _serialListener;
    private readonly Task<Socket> _monitorSocket;
    private readonly Task<Socket> _serialSocket;
    private QmpConnection? _monitor;
    private LineLog? _serial;
    private NetworkStream? _serialStream;

    /// <param name="folder">A folder of its own, with a short name.</param>
    public GuestObserver(string folder)
    {
        Folder = Directory.CreateDirectory(folder).FullName;
        _monitorListener = Listen("lab");
        _serialListener = Listen("serial");
        _monitorSocket = Task.Factory.StartNew(_monitorListener.Accept, TaskCreationOptions.LongRunning);
        _serialSocket = Task.Factory.StartNew(_serialListener.Accept, TaskCreationOptions.LongRunning);
    }

    public string Folder { get; }

    /// <summary>The monitor that is left to the program that is measured, when <see cref="Arguments"/> asked for one.</summary>
    public string FreeMonitor => Path.Combine(Folder, "qmp");

    /// <summary>What a QEMU is given so that this sees it.</summary>
    /// <param name="withFreeMonitor">A second monitor waits on <see cref="FreeMonitor"/>.</param>
    public IReadOnlyList<string> Arguments(bool withFreeMonitor) =>
    [
        "-chardev", $"socket,id=lab,path={Folder}/lab", "-mon", "chardev=lab,mode=control",
        "-chardev", $"socket,id=ticks,path={Folder}/serial", "-serial", "chardev:ticks",
        .. withFreeMonitor ? ["-qmp", $"unix:{FreeMonitor},server=on,wait=off"] : Array.Empty<string>(),
    ];

    /// <summary>The QEMU's process, as the kernel names the other end of the monitor's socket.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Waits for the monitor.</summary>
    /// <param name="starter">Whose end makes waiting pointless.</param>
    public QmpConnection Monitor(ChildProcess starter)
    {
        if (_monitor is null)
        {
            Socket socket = Await(_monitorSocket, starter);
            Span<byte> credentials = stackalloc byte[12];
            socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
            ProcessId = BinaryPrimitives.ReadInt32LittleEndian(credentials);
            _monitor = new QmpConnection(socket);
        }

        return _monitor;
    }

    /// <summary>Waits for the serial port.</summary>
    public LineLog Serial(ChildProcess starter)
    {
        if (_serial is null)
        {
            _serialStream = new NetworkStream(Await(_serialSocket, starter), ownsSocket: true);
            _serial = new LineLog(_serialStream, "serial port");
        }

        return _serial;
    }

    /// <summary>Waits for a whole tick from a line on, and returns it. A guest that is corrupt is an error.</summary>
    public (int Number, TimedLine Line) Tick(ChildProcess starter, int from = 0)
    {
        int number = 0;
        TimedLine? line = Serial(starter).Find(
            from,
            line =>
            {
                if (line.Text.Contains("CORRUPT", StringComparison.Ordinal) || line.Text.EndsWith(" bad", StringComparison.Ordinal))
                {
                    throw new InvalidOperationException($"the guest is broken: {line.Text}");
                }

                Match match = TickPattern().Match(line.Text);
                return match.Success && (number = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)) > 0 ? line : null;
            },
            QmpConnection.Patience);
        return (number, line ?? throw new IOException($"the guest's QEMU is gone: {starter.LastWords()}"));
    }

    /// <summary>Types a letter on the guest's serial port.</summary>
    public void Type(ChildProcess starter, char letter)
    {
        Serial(starter);
        _serialStream!.WriteByte((byte)letter);
    }

    /// <summary>Ends the QEMU as hard as it can be done.</summary>
    public void Kill()
    {
        if (ProcessId == 0 && _monitorSocket.IsCompletedSuccessfully)
        {
            Span<byte> credentials = stackalloc byte[12];
            _monitorSocket.Result.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
            ProcessId = BinaryPrimitives.ReadInt32LittleEndian(credentials);
        }

        // The id may be somebody else's by now.
        if (ProcessId != 0 && ProcessFacts.CommandLine(ProcessId).Contains(Folder + "/", StringComparison.Ordinal))
        {
            Offspring.End(ProcessId);
        }
    }

    public void Dispose()
    {
        Kill();
        _monitor?.Dispose();
        _serialStream?.Dispose();
        _monitorListener.Dispose();
        _serialListener.Dispose();
        foreach (Task<Socket> accepted in new[] { _monitorSocket, _serialSocket })
        {
            accepted.ContinueWith(
                task => _ = task.IsCompletedSuccessfully ? null : task.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        Directory.Delete(Folder, recursive: true);
    }

    private static Socket Await(Task<Socket> socket, ChildProcess starter)
    {
        for (DateTime end = DateTime.UtcNow + QmpConnection.Patience; !socket.Wait(50);)
        {
            if (starter.HasExited)
            {
                starter.Wait(TimeSpan.Zero);
                throw new IOException($"it ended with {starter.ExitCode} before a guest was seen: {starter.LastWords()}");
            }

            if (DateTime.UtcNow > end)
            {
                throw new TimeoutException($"no QEMU connected: {starter.LastWords()}");
            }
        }

        return socket.Result;
    }

    private Socket Listen(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(Folder, name)));
        socket.Listen(1);
        return socket;
    }

    [GeneratedRegex(@"^tick (\d+) ok$")]
    private static partial Regex TickPattern();
}
