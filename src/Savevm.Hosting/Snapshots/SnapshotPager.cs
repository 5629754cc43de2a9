using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Files;
using Savevm.Linux.Memory;
using Savevm.Linux.Processes;
using Savevm.Linux.Userfaultfd;
using Savevm.Machine.Ram;

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

    private const string Name = "pager";

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
        using var page = new NativeBuffer(RamBlock.PageSize);
        try
        {
            ServeAll(control, memory, copies, faults, page);
        }
        catch (Linux.LinuxException)
        {
            // The program is gone, or its RAM.
        }
    }

    private static void ServeAll(SafeFileHandle control, PagerMemory memory, LinuxFile copies, FaultDescriptor faults, NativeBuffer page)
    {
        Descriptor.SetNonBlocking(control, true, Name);
        Span<byte> order = stackalloc byte[OrderBytes];
        Descriptor.Write(control, [1], Name);
        while (true)
        {
            var (fault, word) = Descriptor.WaitReadable(faults.Handle, control, Timeout.InfiniteTimeSpan, Name);
            if ((fault & PollEvents.Readable) != 0)
            {
                while (faults.TryRead(out var held))
                {
                    if (!Answer(held.Address, memory, copies, faults, page)) return;
                }
            }
            if (word != PollEvents.None && !Obey(control, order, memory, faults)) return;
        }
    }

    private static unsafe bool Answer(nint address, PagerMemory memory, LinuxFile copies, FaultDescriptor faults, NativeBuffer buffer)
    {
        memory.Faults++;
        for (var block = 0; block < memory.BlockCount; block++)
        {
            var offset = address - memory.AddressOf(block);
            if (offset < 0 || offset / RamBlock.PageSize >= memory.PagesOf(block)) continue;
            var page = offset / RamBlock.PageSize;
            var first = memory.AddressOf(block) + (page * RamBlock.PageSize);
            // Claimed already: its copy exists, here or there.
            if (memory.TryClaim(block, page))
            {
                var failure = ProcessMemory.Read(memory.ProcessId, first, buffer.Address, RamBlock.PageSize);
                if (failure == 0) failure = TryWrite(copies, new ReadOnlySpan<byte>((void*)buffer.Address, RamBlock.PageSize), memory.CopyCount * RamBlock.PageSize);
                if (failure != 0)
                {
                    memory.Failure = failure;
                    return false;
                }
                memory.Publish(block, page);
            }
            faults.WriteProtect(first, RamBlock.PageSize, false);
            return true;
        }
        return true;
    }

    private static int TryWrite(LinuxFile copies, ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            copies.Write(bytes, offset);
            return 0;
        }
        catch (Linux.LinuxException failure)
        {
            return failure.ErrorNumber;
        }
    }

    /// <summary>Pages that the program has copied: nobody need wait for them. False when it wants no more, or is gone.</summary>
    private static bool Obey(SafeFileHandle control, Span<byte> order, PagerMemory memory, FaultDescriptor faults)
    {
        while (true)
        {
            int filled = 0;
            while (filled < order.Length)
            {
                var count = Descriptor.Read(control, order[filled..], Name);
                if (count == 0) return false;
                if (count < 0 && filled == 0) return true;
                if (count > 0) filled += count;
            }
            var (block, first, pages) = (BitConverter.ToInt64(order), BitConverter.ToInt64(order[8..]), BitConverter.ToInt64(order[16..]));
            faults.WriteProtect(memory.AddressOf((int)block) + ((nint)first * RamBlock.PageSize), (nint)pages * RamBlock.PageSize, false);
        }
    }
}
