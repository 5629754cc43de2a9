using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux;
using Savevm.Linux.Processes;
using Savevm.Linux.Sockets;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu;

/// <summary>
/// A QEMU that we started. It inherits one end of a socket pair as its monitor, so nothing has to be waited for: commands can be written
/// before it has even been loaded. It outlives us unless it is killed.
/// </summary>
public sealed class QemuProcess : IDisposable
{
    /// <summary>The number under which QEMU inherits its end of the monitor.</summary>
    public const int MonitorDescriptor = 3;

    private const int MaxLogBytes = 64 * 1024;

    private readonly ChildProcess _child;
    private readonly QemuStart _start;
    private SafeFileHandle? _monitor;

    private QemuProcess(ChildProcess child, QemuStart start, SafeFileHandle monitor)
    {
        _child = child;
        _start = start;
        _monitor = monitor;
    }

    /// <summary>Its process id.</summary>
    public int ProcessId => _child.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _child.HasExited;

    /// <summary>What it returned, or 128 plus the signal that ended it; null while it runs.</summary>
    public int? ExitCode => _child.HasExited ? _child.ExitCode : null;

    /// <summary>Starts it. Returns when the program is loaded.</summary>
    /// <exception cref="QemuStartException">The program or the folder is not there, or not allowed.</exception>
    public static QemuProcess Start(QemuStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        var (ours, theirs) = UnixSocket.Pair();
        try
        {
            var child = ChildProcess.Start(new ChildProcessStart
            {
                Program = start.Executable,
                ProgramArgument = start.ProgramArgument,
                Arguments = start.Arguments,
                WorkingDirectory = start.WorkingDirectory,
                Environment = start.Environment.Count == 0 ? null : Merge(start.Environment),
                Descriptors = [new ChildDescriptor(theirs, MonitorDescriptor)],
                ForbidHoles = start.ProtectImages,
                OutputFile = start.LogPath ?? "/dev/null",
                ErrorFile = start.LogPath ?? "/dev/null",
            });
            return new QemuProcess(child, start, ours);
        }
        catch (LinuxException failure)
        {
            ours.Dispose();
            throw new QemuStartException(
                $"{start.Executable} cannot be started: {failure.Message}", null, "name another emulator in SAVEVM_QEMU, or give the command line after --", failure);
        }
        finally
        {
            theirs.Dispose();
        }
    }

    /// <summary>Takes the monitor; once. Returns before QEMU greets: the first command carries the negotiation with it.</summary>
    /// <exception cref="InvalidOperationException">It was taken before.</exception>
    public Task<QmpClient> OpenMonitorAsync(CancellationToken cancellationToken = default)
    {
        var handle = Interlocked.Exchange(ref _monitor, null) ?? throw new InvalidOperationException("The monitor was taken before.");
        var socket = new Socket(new SafeSocketHandle(handle.DangerousGetHandle(), ownsHandle: true));
        handle.SetHandleAsInvalid();
        return QmpClient.FromSocketAsync(
            socket,
            FormattableString.Invariant($"of QEMU {_child.Id}"),
            new QmpOptions(EnableOob: true) { NegotiateWithFirstCommand = true },
            cancellationToken);
    }

    /// <summary>
    /// The last error on QEMU's output, without its own name in front. Lines that QEMU does not sign (hints, the guest's own output) and
    /// warnings count only where there is nothing else.
    /// </summary>
    public string? LastErrorLine()
    {
        string? unsigned = null, warning = null;
        foreach (string raw in ReadLog().Split('\n').Reverse())
        {
            string whole = raw.Trim();
            string line = WithoutName(whole);
            if (line.Length == 0)
            {
                continue;
            }

            if (line.StartsWith("warning:", StringComparison.Ordinal) || line.StartsWith("info:", StringComparison.Ordinal))
            {
                warning ??= line;
            }
            else if (line.Length < whole.Length)
            {
                return line;
            }
            else
            {
                unsigned ??= line;
            }
        }

        return unsigned ?? warning;
    }

    /// <summary>The errors on QEMU's output in order, without its own name in front; warnings are not among them.</summary>
    public IReadOnlyList<string> ErrorLines()
    {
        var errors = new List<string>();
        foreach (string raw in ReadLog().Split('\n'))
        {
            string whole = raw.Trim();
            string line = WithoutName(whole);
            if (line.Length < whole.Length && !line.StartsWith("warning:", StringComparison.Ordinal) && !line.StartsWith("info:", StringComparison.Ordinal))
            {
                errors.Add(line);
            }
        }

        return errors;
    }

    /// <summary>One sentence about how it ended, with its last error line; null while it runs.</summary>
    public string? DescribeExit()
    {
        if (ExitCode is not { } code)
        {
            return null;
        }

        string how = _child.ExitSignal != 0
            ? FormattableString.Invariant($"QEMU was ended by signal {_child.ExitSignal}")
            : FormattableString.Invariant($"QEMU ended with exit code {code}");
        return LastErrorLine() is { } line ? $"{how}: {line}" : how;
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code; 128 plus the signal that ended it.</returns>
    public Task<int> WaitForExitAsync(CancellationToken cancellationToken = default) => _child.WaitForExitAsync(cancellationToken);

    /// <summary>Kills it and waits until it is gone. Does nothing when it has ended.</summary>
    public void Kill()
    {
        _child.Kill();
        _child.WaitForExit(TimeSpan.FromSeconds(10));
    }

    /// <summary>Lets go of it; it goes on if it still runs.</summary>
    public void Dispose()
    {
        Interlocked.Exchange(ref _monitor, null)?.Dispose();
        _child.Dispose();
    }

    private static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> additions)
    {
        var merged = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            merged[(string)entry.Key] = (string?)entry.Value ?? string.Empty;
        }

        foreach (var (name, value) in additions)
        {
            merged[name] = value;
        }

        return merged;
    }

    private string ReadLog()
    {
        if (_start.LogPath is null)
        {
            return string.Empty;
        }

        try
        {
            using var file = new FileStream(_start.LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Seek(-Math.Min(file.Length, MaxLogBytes), SeekOrigin.End);
            var bytes = new byte[MaxLogBytes];
            return Encoding.UTF8.GetString(bytes, 0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        }
        catch (IOException)
        {
            return string.Empty;
        }
    }

    // "qemu-system-x86_64: -drive …: Could not open" and "2024-01-01T00:00:00Z qemu-system-x86_64: …".
    private static string WithoutName(string line)
    {
        int name = line.IndexOf("qemu-system-", StringComparison.Ordinal);
        int colon = name < 0 ? -1 : line.IndexOf(": ", name, StringComparison.Ordinal);
        return colon < 0 || line[..name].Contains(": ", StringComparison.Ordinal) ? line : line[(colon + 2)..];
    }
}
