using Microsoft.Win32.SafeHandles;
using Savevm.Linux;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Files;
using Savevm.Linux.Processes;
using Savevm.Linux.Sockets;
using Savevm.Linux.Userfaultfd;
using Savevm.Machine;

namespace Savevm.Hosting.Snapshots;

/// <summary>The pager of one snapshot, as the program sees it.</summary>
internal sealed class PagerProcess : IDisposable
{
    private const string Name = "pager";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly ChildProcess child;
    private readonly SafeFileHandle control;

    private PagerProcess(ChildProcess child, SafeFileHandle control)
    {
        this.child = child;
        this.control = control;
    }

    /// <summary>Its process id.</summary>
    public int ProcessId => child.Id;

    /// <summary>It serves; as long as it does, everything is protected that nobody has copied.</summary>
    public bool IsAlive => !child.HasExited;

    /// <summary>Starts it and waits until it serves.</summary>
    /// <exception cref="MachineRefusedException">There is no such program, or it does not serve.</exception>
    public static PagerProcess Start(PagerOptions options, PagerMemory memory, LinuxFile copies, FaultDescriptor faults)
    {
        var command = options.Command.Count > 0 ? options.Command : OwnCommand();
        var (ours, theirs) = UnixSocket.Pair();
        using (theirs)
        {
            try
            {
                var child = ChildProcess.Start(new ChildProcessStart
                {
                    Program = command[0],
                    Arguments = [.. command.Skip(1)],
                    Environment = Variables(),
                    Descriptors =
                    [
                        new(theirs, SnapshotPager.ControlDescriptor), new(memory.File.Handle, SnapshotPager.SharedDescriptor),
                        new(copies.Handle, SnapshotPager.CopiesDescriptor), new(faults.Handle, SnapshotPager.FaultsDescriptor),
                    ],
                    OutputFile = "/dev/null",
                });
                ProcessMemory.AllowReader(child.Id);
                theirs.Dispose();
                var process = new PagerProcess(child, ours);
                if (process.Serves()) return process;
                process.Dispose();
                throw new MachineRefusedException($"no snapshot without a pager: {command[0]} does not serve as one");
            }
            catch (LinuxException failure)
            {
                ours.Dispose();
                throw new MachineRefusedException($"no snapshot without a pager: {failure.Message}");
            }
        }
    }

    /// <summary>Lets writes to pages through that were copied here.</summary>
    /// <exception cref="LinuxException">It is gone.</exception>
    public void Release(int block, long first, long pages)
    {
        Span<byte> order = stackalloc byte[SnapshotPager.OrderBytes];
        BitConverter.TryWriteBytes(order, (long)block);
        BitConverter.TryWriteBytes(order[8..], first);
        BitConverter.TryWriteBytes(order[16..], pages);
        for (var done = 0; done < order.Length;) done += Descriptor.Write(control, order[done..], Name);
    }

    /// <summary>Ends it: what is protected still is free.</summary>
    public void Dispose()
    {
        child.Kill();
        child.WaitForExit(StartLimit);
        child.Dispose();
        control.Dispose();
    }

    private bool Serves()
    {
        Span<byte> word = stackalloc byte[1];
        return Descriptor.Wait(control, PollEvents.Readable, StartLimit, Name) != PollEvents.None && Descriptor.Read(control, word, Name) == 1;
    }

    private static IReadOnlyList<string> OwnCommand()
    {
        if (!SnapshotPager.IsWired)
        {
            throw new MachineRefusedException(
                "no snapshot without a pager: the program calls SnapshotPager.ServeIfAsked first thing, or names another program in PagerOptions.Command");
        }
        return OwnProgram.Command([]);
    }

    // A pager needs no diagnostics, and a small heap.
    private static Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables()) variables[(string)entry.Key] = (string?)entry.Value ?? string.Empty;
        variables[SnapshotPager.Variable] = "1";
        variables["DOTNET_EnableDiagnostics"] = "0";
        variables["DOTNET_gcServer"] = "0";
        variables["DOTNET_gcConcurrent"] = "0";
        return variables;
    }
}
