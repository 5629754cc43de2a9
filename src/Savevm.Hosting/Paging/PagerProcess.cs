using Microsoft.Win32.SafeHandles;
using Savevm.Linux;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Files;
using Savevm.Linux.Processes;
using Savevm.Linux.Sockets;
using Savevm.Linux.Userfaultfd;
using Savevm.Machine;

namespace Savevm.Hosting.Paging;

/// <summary>A pager, as the program sees it.</summary>
internal sealed class PagerProcess : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly ChildProcess child;

    private PagerProcess(ChildProcess child, SafeFileHandle control)
    {
        this.child = child;
        Control = control;
    }

    /// <summary>Its process id.</summary>
    public int ProcessId => child.Id;

    /// <summary>It serves.</summary>
    public bool IsAlive => !child.HasExited;

    /// <summary>What it is told by, and tells.</summary>
    public SafeFileHandle Control { get; }

    /// <summary>Starts it and waits until it serves.</summary>
    /// <param name="options">The program.</param>
    /// <param name="task">What for.</param>
    /// <param name="shared">Memory that both know.</param>
    /// <param name="file">Where pages go to or come from.</param>
    /// <param name="faults">Whose faults it serves.</param>
    /// <param name="lifeLine">This process shall end with it; null: it need not.</param>
    /// <exception cref="MachineRefusedException">There is no such program, or it does not serve.</exception>
    public static PagerProcess Start(PagerOptions options, string task, LinuxFile shared, LinuxFile file, FaultDescriptor faults, LifeLine? lifeLine = null)
    {
        var command = options.Command.Count > 0 ? options.Command : OwnCommand();
        var (ours, theirs) = UnixSocket.Pair();
        using (theirs)
        {
            try
            {
                List<ChildDescriptor> descriptors =
                [
                    new(theirs, PagerContract.ControlDescriptor), new(shared.Handle, PagerContract.SharedDescriptor),
                    new(file.Handle, PagerContract.FileDescriptor), new(faults.Handle, PagerContract.FaultsDescriptor),
                ];
                if (lifeLine is not null) descriptors.Add(new(lifeLine.OtherEnd, PagerContract.LifeLineDescriptor));
                var child = ChildProcess.Start(new ChildProcessStart
                {
                    Program = command[0],
                    Arguments = [.. command.Skip(1)],
                    Environment = Variables(task),
                    Descriptors = descriptors,
                    OutputFile = "/dev/null",
                });
                ProcessMemory.AllowReader(child.Id);
                theirs.Dispose();
                var process = new PagerProcess(child, ours);
                if (process.Serves()) return process;
                process.Dispose();
                throw new MachineRefusedException($"such memory needs a pager, and {command[0]} does not serve as one");
            }
            catch (LinuxException failure)
            {
                ours.Dispose();
                throw new MachineRefusedException($"such memory needs a pager: {failure.Message}");
            }
        }
    }

    /// <summary>Tells it something.</summary>
    /// <exception cref="LinuxException">It is gone.</exception>
    public void Tell(ReadOnlySpan<byte> word)
    {
        while (word.Length > 0) word = word[Descriptor.Write(Control, word, PagerContract.Name)..];
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        child.Kill();
        child.WaitForExit(StartLimit);
        child.Dispose();
        Control.Dispose();
    }

    private bool Serves()
    {
        Span<byte> word = stackalloc byte[1];
        return Descriptor.Wait(Control, PollEvents.Readable, StartLimit, PagerContract.Name) != PollEvents.None
            && Descriptor.Read(Control, word, PagerContract.Name) == 1
            && word[0] == PagerContract.Serves;
    }

    private static IReadOnlyList<string> OwnCommand()
    {
        if (!PagerContract.IsWired)
        {
            throw new MachineRefusedException(
                "such memory needs a pager: the program calls MemoryPager.ServeIfAsked first thing, or names another program in PagerOptions.Command");
        }
        return OwnProgram.Command([]);
    }

    // A pager needs no diagnostics, and a small heap.
    private static Dictionary<string, string> Variables(string task)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables()) variables[(string)entry.Key] = (string?)entry.Value ?? string.Empty;
        variables[PagerContract.Variable] = task;
        variables["DOTNET_EnableDiagnostics"] = "0";
        variables["DOTNET_gcServer"] = "0";
        variables["DOTNET_gcConcurrent"] = "0";
        return variables;
    }
}
