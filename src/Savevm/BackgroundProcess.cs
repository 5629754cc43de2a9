using System.IO.Pipes;
using Savevm.Linux.Processes;

namespace Savevm;

/// <summary>
/// This program once more, in the background: in a session of its own, so that neither Ctrl-C nor the end of the terminal reaches it. What
/// it prints comes back through a pipe for as long as somebody reads; afterwards its output goes nowhere and it works on.
/// </summary>
public sealed class BackgroundProcess : IDisposable
{
    private readonly ChildProcess _child;
    private readonly AnonymousPipeServerStream _pipe;

    private BackgroundProcess(ChildProcess child, AnonymousPipeServerStream pipe)
    {
        _child = child;
        _pipe = pipe;
        Output = new StreamReader(pipe);
    }

    /// <summary>Its process id.</summary>
    public int Id => _child.Id;

    /// <summary>What it prints, on stdout and stderr together.</summary>
    public TextReader Output { get; }

    /// <summary>Starts this program with other words.</summary>
    /// <param name="words">The words after the program's name.</param>
    /// <exception cref="IOException">It cannot be started.</exception>
    public static BackgroundProcess Start(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        IReadOnlyList<string> command = OwnCommand(words);
        var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None);
        try
        {
            ChildProcess child = ChildProcess.Start(new ChildProcessStart
            {
                Program = command[0],
                Arguments = [.. command.Skip(1)],
                NewSession = true,
                Descriptors = [new ChildDescriptor(pipe.ClientSafePipeHandle, 1), new ChildDescriptor(pipe.ClientSafePipeHandle, 2)],
            });
            return new BackgroundProcess(child, pipe);
        }
        catch
        {
            pipe.Dispose();
            throw;
        }
        finally
        {
            // The end of its output shows only when no copy of the writing end is left here.
            pipe.DisposeLocalCopyOfClientHandle();
        }
    }

    /// <summary>What starts this program with other words: the executable, then its arguments.</summary>
    public static IReadOnlyList<string> OwnCommand(IReadOnlyList<string> words) => OwnProgram.Command(words);

    /// <summary>Asks it to end, as Ctrl-C would.</summary>
    public void Interrupt() => _child.Kill(Signal.Terminate);

    /// <summary>Waits for its end and returns its exit code.</summary>
    public int WaitForExit() => _child.WaitForExit(CancellationToken.None);

    /// <summary>Lets go of it; it works on.</summary>
    public void Dispose()
    {
        Output.Dispose();
        _pipe.Dispose();
        _child.Dispose();
    }
}
