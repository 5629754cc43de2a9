using Microsoft.Win32.SafeHandles;
using Savevm.Hosting.Arrivals;
using Savevm.Hosting.Paging;
using Savevm.Hosting.Snapshots;
using Savevm.Linux;
using Savevm.Linux.Files;
using Savevm.Linux.Userfaultfd;

namespace Savevm.Hosting;

/// <summary>
/// The process that serves page faults of a program: it copies a page for a snapshot before the first write to it is let through, or brings one that
/// has not arrived. A process of its own, since a garbage collection of the program waits for the program's threads, and one of them may be waiting for this.
/// </summary>
/// <remarks>It waits for nobody but the kernel: pages go to a file, or come from one.</remarks>
public static class MemoryPager
{
    /// <summary>
    /// To be called first thing by a program that makes snapshots or brings memory back on demand: it is then started once more to be its own pager, and that
    /// process does in here what it is there for.
    /// </summary>
    /// <returns>True when this process is such a pager and has done its work: the program returns at once. False: it is the program.</returns>
    public static bool ServeIfAsked()
    {
        PagerContract.IsWired = true;
        if (Environment.GetEnvironmentVariable(PagerContract.Variable) is null) return false;
        Serve();
        return true;
    }

    /// <summary>Does one task, by the descriptors that this process inherited. Returns when the program wants it no more, or is gone.</summary>
    public static void Serve()
    {
        using var control = new SafeFileHandle(PagerContract.ControlDescriptor, ownsHandle: true);
        using var shared = new LinuxFile(new SafeFileHandle(PagerContract.SharedDescriptor, ownsHandle: true), PagerContract.Name);
        using var file = new LinuxFile(new SafeFileHandle(PagerContract.FileDescriptor, ownsHandle: true), PagerContract.Name);
        using var faults = FaultDescriptor.OfAnotherProcess(new SafeFileHandle(PagerContract.FaultsDescriptor, ownsHandle: true));
        if (Environment.GetEnvironmentVariable(PagerContract.Variable) == PagerContract.ArrivalTask) Bring(control, shared, file, faults);
        else Copy(control, shared, file, faults);
    }

    private static void Copy(SafeFileHandle control, LinuxFile shared, LinuxFile copies, FaultDescriptor faults)
    {
        using var memory = PagerMemory.Open(shared);
        using var service = new PagerService(control, memory, copies, faults);
        try
        {
            service.Run();
        }
        catch (LinuxException)
        {
            // The program is gone, or its RAM.
        }
    }

    private static void Bring(SafeFileHandle control, LinuxFile shared, LinuxFile image, FaultDescriptor faults)
    {
        using var memory = ArrivalMemory.Open(shared);
        using var service = new ArrivalService(control, memory, image, faults);
        service.Run();
    }
}
