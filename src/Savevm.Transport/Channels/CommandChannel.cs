using Microsoft.Win32.SafeHandles;
using Savevm.Linux;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Processes;

namespace Savevm.Transport.Channels;

/// <summary>
/// A shell command whose input we write or whose output we read. A command that fails makes the stream fail: an exit code other
/// than 0 is an <see cref="IOException"/> of the read that meets the end, of <see cref="CloseWrite"/>, or of <see cref="Dispose"/>.
/// </summary>
public sealed class CommandChannel : IByteChannel
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private readonly ChildProcess command;
    private readonly PipeChannel pipe;
    private readonly CancellationTokenSource abort = new();
    private readonly bool writes;
    private bool ended;
    private bool disposed;

    private CommandChannel(ChildProcess command, PipeChannel pipe, bool writes)
    {
        this.command = command;
        this.pipe = pipe;
        this.writes = writes;
    }

    /// <inheritdoc/>
    public string Name => pipe.Name;

    /// <inheritdoc/>
    public bool IsBidirectional => false;

    /// <summary>Starts <c>/bin/sh -c</c> with the command.</summary>
    /// <param name="command">The command line for the shell.</param>
    /// <param name="access">Write: we feed its input, and what it prints goes to our standard error. Read: we take its output.</param>
    /// <param name="name">For messages.</param>
    /// <exception cref="IOException">The shell could not be started.</exception>
    public static CommandChannel Start(string command, FileAccess access, string name)
    {
        var writes = access == FileAccess.Write;
        var (read, write) = Descriptor.Pipe(nonBlockingRead: !writes, nonBlockingWrite: writes);
        var (ours, theirs) = writes ? (write, read) : (read, write);
        using (theirs)
        {
            try
            {
                using var standardError = new SafeFileHandle(2, false);
                var start = new ChildProcessStart
                {
                    Program = "/bin/sh",
                    Arguments = ["-c", command],
                    // It stays in our session: ssh may ask for a password, and keys that end us end it.
                    NewSession = false,
                    Descriptors = writes ? [new(theirs, 0), new(standardError, 1)] : [new(theirs, 1)],
                };
                var pipe = new PipeChannel(ours, access, name);
                return new CommandChannel(ChildProcess.Start(start), pipe, writes);
            }
            catch
            {
                ours.Dispose();
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        var count = pipe.Read(buffer);
        if (count == 0) AwaitCommand();
        return count;
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            pipe.Write(bytes);
        }
        catch (LinuxException error) when (error.ErrorNumber == Errno.EPIPE)
        {
            throw Explain(error);
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<MemorySegment> segments)
    {
        try
        {
            pipe.Write(segments);
        }
        catch (LinuxException error) when (error.ErrorNumber == Errno.EPIPE)
        {
            throw Explain(error);
        }
    }

    /// <inheritdoc/>
    public bool WaitReadable(TimeSpan timeout) => pipe.WaitReadable(timeout);

    /// <summary>Ends the command's input and waits until it has worked through it.</summary>
    /// <exception cref="IOException">The command failed, or <see cref="Abort"/> was called.</exception>
    public void CloseWrite()
    {
        pipe.CloseWrite();
        if (writes) AwaitCommand();
    }

    /// <inheritdoc/>
    public void Abort()
    {
        pipe.Abort();
        try
        {
            abort.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
    }

    /// <summary>
    /// Waits for the command. One that was aborted, or whose output is not wanted to its end, is asked to end and then killed.
    /// </summary>
    /// <exception cref="IOException">The command failed and nobody was told yet.</exception>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        var wanted = writes && !ended && !pipe.IsAborted;
        pipe.Dispose();
        try
        {
            if (wanted)
            {
                AwaitCommand();
            }
            else if (!command.HasExited)
            {
                command.Kill(Signal.Terminate);
                if (!command.WaitForExit(Grace)) command.Kill();
                command.WaitForExit(Timeout.InfiniteTimeSpan);
            }
        }
        finally
        {
            command.Dispose();
            abort.Dispose();
        }
    }

    private void AwaitCommand()
    {
        ended = true;
        int code;
        try
        {
            code = command.WaitForExit(abort.Token);
        }
        catch (OperationCanceledException error)
        {
            throw new IOException($"{Name}: aborted", error);
        }
        if (code != 0) throw Failed(code, null);
    }

    private IOException Explain(LinuxException error)
    {
        // Its input is closed before its status is there.
        if (!command.WaitForExit(TimeSpan.FromSeconds(1)) || command.ExitCode == 0) return error;
        ended = true;
        return Failed(command.ExitCode, error);
    }

    private IOException Failed(int code, Exception? inner) => new(
        command.ExitSignal == 0 ? $"{Name}: the command failed with exit code {code}" : $"{Name}: the command was ended by signal {command.ExitSignal}", inner);
}
