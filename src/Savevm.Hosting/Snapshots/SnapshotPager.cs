using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Files;
using Savevm.Linux.Userfaultfd;

namespace Savevm.Hosting.Snapshots;

/// <summary>
/// The process that serves the write faults of a snapshot: it copies a page before the first write to it is let through. A process of its own, since a
/// garbage collection of the program waits for the program's threads, and one of them may be waiting for this.
/// </summary>
/// <remarks>
/// It alone keeps the userfaultfd open. When it ends, however, the kernel lifts all protection and wakes who waits: nothing in the program can hang
/// for want of it. It waits for nobody but the kernel: copies go to a file.
/// </remarks>
public static class SnapshotPager
{
    internal const int ControlDescriptor = 3, SharedDescriptor = 4, CopiesDescriptor = 5, FaultsDescriptor = 6;
    internal const int OrderBytes = 24;
    internal const string Variable = "SAVEVM_PAGER";

    internal const string Name = "pager";

    /// <summary>A program that called <see cref="ServeIfAsked"/> can be its own pager.</summary>
    internal static bool IsWired { get; private set; }

    /// <summary>
    /// To be called first thing by a program that makes snapshots: it is then started once more to be its own pager, and that process does in here
    /// what it is there for.
    /// </summary>
    /// <returns>True when this process is such a pager and has done its work: the program returns at once. False: it is the program.</returns>
    public static bool ServeIfAsked()
    {
        IsWired = true;
        if (Environment.GetEnvironmentVariable(Variable) is null) return false;
        Serve();
        return true;
    }

    /// <summary>Serves one snapshot, by the descriptors that this process inherited. Returns when the program wants it no more, or is gone.</summary>
    public static void Serve()
    {
        using var control = new SafeFileHandle(ControlDescriptor, ownsHandle: true);
        using var memory = PagerMemory.Open(new LinuxFile(new SafeFileHandle(SharedDescriptor, ownsHandle: true), Name));
        using var copies = new LinuxFile(new SafeFileHandle(CopiesDescriptor, ownsHandle: true), Name);
        using var faults = FaultDescriptor.OfAnotherProcess(new SafeFileHandle(FaultsDescriptor, ownsHandle: true));
        using var service = new PagerService(control, memory, copies, faults);
        try
        {
            service.Run();
        }
        catch (Linux.LinuxException)
        {
            // The program is gone, or its RAM.
        }
    }
}
