using Savevm.Hosting.Paging;
using Savevm.Hosting.Ram;
using Savevm.Linux;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Files;
using Savevm.Linux.Processes;
using Savevm.Linux.Userfaultfd;
using Savevm.Machine;

namespace Savevm.Hosting.Arrivals;

/// <summary>
/// Brings RAM from a file while it is used already: who touches a page that is not there waits until the pager has brought it, managed code too; all
/// the others come meanwhile, one after the other.
/// </summary>
/// <remarks>
/// The pager is a process of its own, as for snapshots. But there a pager that ends costs the snapshot; here it would cost memory, since nobody is left who
/// could bring it, and who waits may be what a garbage collection waits for. So the kernel ends this process with it, as by SIGKILL, until
/// everything is there.
/// </remarks>
public sealed class RamArrival : IDisposable
{
    private readonly GuestRam ram;
    private readonly IReadOnlyList<ArrivingBlock> blocks;
    private readonly ArrivalMemory memory;
    private readonly FaultDescriptor faults;
    private readonly LifeLine lifeLine;
    private readonly PagerProcess pager;
    private readonly Wakeup givenUp = new();
    private readonly Thread waiting;
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RamArrival(GuestRam ram, IReadOnlyList<ArrivingBlock> blocks, ArrivalMemory memory, FaultDescriptor faults, LifeLine lifeLine, PagerProcess pager)
    {
        (this.ram, this.blocks, this.memory, this.faults, this.lifeLine, this.pager) = (ram, blocks, memory, faults, lifeLine, pager);
        waiting = new Thread(Wait) { IsBackground = true, Name = "arrival" };
    }

    /// <summary>Completed when all of it is there, cancelled when it was given up. From then on it is memory as any other.</summary>
    public Task Completion => completion.Task;

    /// <summary>The process that serves its faults.</summary>
    public int PagerProcessId => pager.ProcessId;

    /// <summary>
    /// Why memory cannot be used before it is there; null when it can. It takes the faults of system calls too: a page that is handed to write(2) may be missing.
    /// </summary>
    public static string? Refusal()
    {
        try
        {
            OpenFaults().Dispose();
            return null;
        }
        catch (LinuxException refused)
        {
            return refused.Message;
        }
    }

    /// <summary>Begins. When it returns the RAM may be used. Until the end nothing of it is resized, tracked or given back.</summary>
    /// <param name="ram">The RAM.</param>
    /// <param name="image">The file, which must stay as it is; its descriptor may be closed when this returns.</param>
    /// <param name="blocks">Blocks of it, not in huge pages of the host; no byte of them was touched yet.</param>
    /// <param name="options">The pager.</param>
    /// <exception cref="MachineRefusedException">This kernel, this user or this memory does not allow it, or the pager does not serve.</exception>
    public static RamArrival Begin(GuestRam ram, LinuxFile image, IReadOnlyList<ArrivingBlock> blocks, PagerOptions options)
    {
        ArgumentNullException.ThrowIfNull(ram);
        ArgumentNullException.ThrowIfNull(blocks);
        if (blocks.FirstOrDefault(block => block.Block.HasHugePages) is { } huge)
            throw new MachineRefusedException($"RAM block {huge.Block.IdStr} cannot arrive on demand: it lies in huge pages");
        ram.BeginHold();
        var undo = new Stack<IDisposable>();
        try
        {
            var memory = Keep(undo, ArrivalMemory.Create(blocks));
            var faults = Keep(undo, OpenFaults());
            var lifeLine = Keep(undo, new LifeLine());
            var pager = Keep(undo, PagerProcess.Start(options, PagerContract.ArrivalTask, memory.File, image, faults, lifeLine));
            foreach (var block in blocks.Where(block => block.Block.UsedLength > 0))
                faults.Register(block.Block.Address, (nint)block.Block.UsedLength, UserfaultfdModes.Missing);
            if (!lifeLine.Tie()) throw new MachineRefusedException("RAM cannot arrive on demand: its pager ended at once");
            var arrival = new RamArrival(ram, blocks, memory, faults, lifeLine, pager);
            pager.Tell([PagerContract.Begin]);
            arrival.waiting.Start();
            return arrival;
        }
        catch (Exception failure)
        {
            // The pager first, the last one that was begun; but not this process with it.
            undo.OfType<LifeLine>().FirstOrDefault()?.Untie();
            foreach (var begun in undo) begun.Dispose();
            ram.EndHold();
            throw failure is LinuxException ? new MachineRefusedException($"RAM cannot arrive on demand: {failure.Message}") : failure;
        }
    }

    /// <summary>Gives up what has not arrived. Nobody uses the RAM any more.</summary>
    public void Dispose()
    {
        givenUp.Signal();
        waiting.Join();
        givenUp.Dispose();
    }

    private static T Keep<T>(Stack<IDisposable> undo, T begun) where T : IDisposable
    {
        undo.Push(begun);
        return begun;
    }

    private static FaultDescriptor OpenFaults() => FaultDescriptor.Open(UserfaultfdFeatures.MissingShmem, userModeOnly: false);

    private void Wait()
    {
        Span<byte> word = stackalloc byte[1];
        var came = Descriptor.Wait(pager.Control, PollEvents.Readable, givenUp, Timeout.InfiniteTimeSpan, PagerContract.Name);
        var isGivenUp = came == PollEvents.Invalid;
        if (!isGivenUp && Descriptor.Read(pager.Control, word, PagerContract.Name) != 1)
        {
            // It has ended without a word: the kernel is ending this process.
            Thread.Sleep(TimeSpan.FromSeconds(1));
            Environment.FailFast("memory that was to come from its image is lost: its pager ended");
        }
        // Everything that the file has is there, or nobody wants it: the pager may end now.
        lifeLine.Untie();
        // And who still waits, for what the file has not, finds zeros.
        if (!isGivenUp)
        {
            foreach (var block in blocks.Where(block => block.Block.UsedLength > 0)) faults.Unregister(block.Block.Address, (nint)block.Block.UsedLength);
        }
        pager.Dispose();
        lifeLine.Dispose();
        faults.Dispose();
        memory.Dispose();
        ram.EndHold();
        if (isGivenUp) completion.SetCanceled();
        else completion.SetResult();
    }
}
