using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Processes;
using Savevm.Linux.Sockets;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu.Recovery;

/// <summary>
/// Our connection to a guest's monitor, held by a small process as well. When we die while the guest waits for RAM, whoever goes on gets the very
/// same connection from it: a new one gets no further than QEMU's greeting while QEMU's main loop waits for a page.
/// </summary>
/// <remarks>
/// The process inherits two descriptors: <see cref="ListenerDescriptor"/>, a socket in the run directory, and <see cref="MonitorDescriptor"/>,
/// the connection. It never reads or writes the connection, and ends with it: when QEMU has ended. Who connects sends one byte:
/// <c>m</c> is answered by one byte with the connection, <c>e</c> ends the process.
/// </remarks>
public sealed class KeptMonitor : IDisposable
{
    /// <summary>The number under which the process inherits its listener.</summary>
    public const int ListenerDescriptor = 3;

    /// <summary>The number under which it inherits the connection.</summary>
    public const int MonitorDescriptor = 4;

    private const string SocketName = "keeper";
    private const byte GiveMonitor = (byte)'m', EndProcess = (byte)'e';
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ChildProcess _process;
    private readonly string _socketPath;

    private KeptMonitor(ChildProcess process, string socketPath)
    {
        _process = process;
        _socketPath = socketPath;
    }

    /// <summary>Starts the process.</summary>
    /// <param name="words">The program and its words; it must call <see cref="Serve"/>.</param>
    /// <param name="directory">The guest's run directory.</param>
    /// <param name="monitor">The connection; it stays ours as well.</param>
    /// <exception cref="LinuxException">It cannot be started.</exception>
    public static KeptMonitor Start(IReadOnlyList<string> words, string directory, QmpClient monitor)
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(monitor);
        string path = Path.Combine(directory, SocketName);
        using var listener = UnixSocket.Listen(path);
        var process = ChildProcess.Start(new ChildProcessStart
        {
            Program = words[0],
            Arguments = [.. words.Skip(1)],
            WorkingDirectory = "/",
            Descriptors = [new(listener, ListenerDescriptor), new(monitor.Handle, MonitorDescriptor)],
            OutputFile = "/dev/null",
            ErrorFile = "/dev/null",
        });
        return new KeptMonitor(process, path);
    }

    /// <summary>What the process does: gives the connection to whoever asks, until QEMU has ended. Never returns otherwise.</summary>
    public static void Serve()
    {
        using var listener = new SafeFileHandle(ListenerDescriptor, ownsHandle: true);
        using var monitor = new SafeFileHandle(MonitorDescriptor, ownsHandle: true);
        using var end = new CancellationTokenSource();
        var watch = new Thread(() =>
        {
            Descriptor.Wait(monitor, PollEvents.None, Timeout.InfiniteTimeSpan, "monitor");
            end.Cancel();
        })
        { IsBackground = true };
        watch.Start();
        while (true)
        {
            try
            {
                using var caller = UnixSocket.Accept(listener, SocketName, end.Token);
                byte wish = 0;
                if (Descriptor.Wait(caller, PollEvents.Readable, Patience, SocketName) != PollEvents.None
                    && Descriptor.Read(caller, new Span<byte>(ref wish), SocketName) == 1
                    && wish == GiveMonitor)
                {
                    DescriptorPassing.Send(caller, [GiveMonitor], [monitor], SocketName);
                }

                if (wish == EndProcess)
                {
                    return;
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (LinuxException)
            {
                // The caller is gone.
            }
        }
    }

    /// <summary>Gets the connection from the process that keeps it.</summary>
    /// <param name="directory">The guest's run directory.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null where nobody keeps it, or it is gone.</returns>
    public static async Task<QmpClient?> TakeAsync(string directory, CancellationToken cancellationToken = default)
    {
        string path = Path.Combine(directory, SocketName);
        SafeFileHandle[] received;
        try
        {
            using var socket = UnixSocket.Connect(path, cancellationToken);
            Descriptor.Write(socket, [GiveMonitor], path);
            int count = DescriptorPassing.Receive(socket, new byte[1], out received, path);
            if (count == 0 || received.Length == 0)
            {
                return null;
            }
        }
        catch (LinuxException)
        {
            return null;
        }

        foreach (var more in received.Skip(1))
        {
            more.Dispose();
        }

        var connection = new Socket(new SafeSocketHandle(received[0].DangerousGetHandle(), ownsHandle: true));
        received[0].SetHandleAsInvalid();
        return await QmpClient.FromSocketAsync(connection, "kept for its recovery", new QmpOptions { IsTakenOver = true }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends a process that another one started; nothing happens where there is none.</summary>
    public static void End(string directory)
    {
        string path = Path.Combine(directory, SocketName);
        try
        {
            using var socket = UnixSocket.Connect(path);
            Descriptor.Write(socket, [EndProcess], path);
        }
        catch (LinuxException)
        {
            // It has ended.
        }

        UnfinishedPostcopy.DeleteIfThere(path);
    }

    /// <summary>Lets go of the process: it goes on without us.</summary>
    public void Leave() => _process.Dispose();

    /// <summary>Ends the process: the guest has all its RAM.</summary>
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit(TimeSpan.FromSeconds(5));
        _process.Dispose();
        UnfinishedPostcopy.DeleteIfThere(_socketPath);
    }
}
