using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Processes;
using Savevm.Linux.Sockets;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu.Source;

/// <summary>
/// A small process that does nothing while we live. When we die without a word (kill -9, out of memory), it does for the source what we
/// cannot do any more: reads a background snapshot to its end, gives QEMU its settings back, and lets the guest run.
/// </summary>
/// <remarks>
/// It inherits three descriptors: 3, our lifeline, whose end it waits for; 4, the reading end of the stream, in background mode only; 5,
/// our connection to the monitor, so that nobody has to be let in. A shell, because it must not need us.
/// </remarks>
internal sealed class CaptureGuard : IDisposable
{
    /// <summary>The id of its commands; their answers are nobody's.</summary>
    public const string CommandId = "savevm-guard";

    // QEMU may need a moment to see that the stream is broken; every command is harmless when it comes twice. cat fails on a descriptor
    // that does not block while there is nothing to read.
    private const string Script =
        "read -r x <&3; exec 3<&-; printf '%s' \"$2\" >&5; if [ \"$1\" = drain ]; then i=0; until cat <&4 >/dev/null 2>&1 || [ $i -ge 6000 ]; do i=$((i+1)); sleep 0.01; done; fi; " +
        "exec 4<&-; i=0; while [ $i -lt 10 ]; do printf '%s' \"$3\" >&5 || exit; i=$((i+1)); sleep 0.2; done";

    private readonly ChildProcess _process;
    private readonly SafeFileHandle _lifeline;

    private CaptureGuard(ChildProcess process, SafeFileHandle lifeline)
    {
        _process = process;
        _lifeline = lifeline;
    }

    /// <summary>Starts it. Null where there is no shell: a capture does without.</summary>
    /// <param name="monitor">Our connection to the monitor.</param>
    /// <param name="reader">The reading end of the stream when it must be read to its end; null otherwise.</param>
    /// <param name="first">
    /// What to tell QEMU before the stream is read: to close its end if it was given one and told nothing more. There would be no end else.
    /// </param>
    /// <param name="commands">What to tell QEMU when the stream has ended.</param>
    public static CaptureGuard? Start(SafeHandle monitor, SafeHandle? reader, QmpCommand first, IEnumerable<QmpCommand> commands)
    {
        var (ours, theirs) = UnixSocket.Pair();
        using (theirs)
        {
            try
            {
                using var reading = reader is null ? Descriptor.Open("/dev/null", FileAccess.Read) : Blocking(reader);
                var process = ChildProcess.Start(new ChildProcessStart
                {
                    Program = "/bin/sh",
                    Arguments = ["-c", Script, "savevm-guard", reader is null ? "close" : "drain", ToLine(first), string.Concat(commands.Select(ToLine))],
                    Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
                    WorkingDirectory = "/",
                    Descriptors = [new(theirs, 3), new(reading, 4), new(monitor, 5)],
                    OutputFile = "/dev/null",
                    ErrorFile = "/dev/null",
                });
                return new CaptureGuard(process, ours);
            }
            catch (LinuxException)
            {
                ours.Dispose();
                return null;
            }
        }
    }

    /// <summary>Lets it do its work, though we live: QEMU answers us no more.</summary>
    public void Release()
    {
        _lifeline.Dispose();
        _process.Dispose();
    }

    /// <summary>Ends it: the source is as it was.</summary>
    public void Dispose()
    {
        if (_lifeline.IsClosed)
        {
            return;
        }

        // First the process, then the lifeline: the other way round it would begin its work.
        _process.Kill();
        _process.WaitForExit(TimeSpan.FromSeconds(5));
        _process.Dispose();
        _lifeline.Dispose();
    }

    // Opened anew, a pipe has a mode of its own, so that one cat reads it to its end without asking again and again. Its writer is there
    // still, or this would wait for one. A socket cannot be opened anew.
    private static SafeFileHandle Blocking(SafeHandle reader)
    {
        var copy = Descriptor.Duplicate(reader);
        try
        {
            var opened = Descriptor.Open(FormattableString.Invariant($"/proc/self/fd/{copy.DangerousGetHandle()}"), FileAccess.Read);
            copy.Dispose();
            return opened;
        }
        catch (LinuxException)
        {
            return copy;
        }
    }

    private static string ToLine(QmpCommand command) => new JsonObject
    {
        ["execute"] = command.Name,
        ["arguments"] = command.Arguments ?? [],
        ["id"] = CommandId,
    }.ToJsonString() + "\n";
}
