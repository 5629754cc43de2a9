using Savevm.Hosting.Ram;
using Savevm.Linux;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Userfaultfd;
using Savevm.Machine;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Faults;

/// <summary>
/// Lets a machine run before its RAM has arrived: userfaultfd holds whoever touches a page that is not there, tells which one it is, and lets go when
/// the page is placed.
/// </summary>
/// <remarks>
/// Managed code reaches such RAM through <see cref="GuestMemory"/> alone: it then waits in a native call, which no garbage collection waits for. The thread
/// that reads faults and the one that places pages never touch the RAM themselves, so that nobody waits for somebody who waits for him.
/// </remarks>
/// <param name="ram">The machine's RAM: private anonymous memory or a memory file.</param>
public sealed class MissingPages(GuestRam ram) : IFaultSource, IDisposable
{
    private const string Name = "page faults of the machine";

    private readonly Wakeup wakeup = new();
    private FaultDescriptor? descriptor;
    private int[] streamIndices = [];
    private AtomicPageBitmap[] asked = [];

    /// <summary>Pages that somebody waited for, each counted once.</summary>
    public long Faults { get; private set; }

    /// <summary>Why RAM cannot arrive after the machine has started; null when it can. Also faults of system calls are held where this user may have that.</summary>
    public static string? Refusal()
    {
        try
        {
            Open().Dispose();
            return null;
        }
        catch (LinuxException refused)
        {
            return refused.Message;
        }
    }

    /// <inheritdoc/>
    public void Begin(IReadOnlyList<RamBlock> blocks)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        if (descriptor is not null) throw new InvalidOperationException("Pages of this machine are missing already.");
        streamIndices = new int[ram.Hosted.Count];
        asked = new AtomicPageBitmap[ram.Hosted.Count];
        FaultDescriptor opened;
        try
        {
            opened = Open();
        }
        catch (LinuxException refused)
        {
            throw new MachineRefusedException($"RAM cannot arrive after the machine has started: {refused.Message}");
        }
        try
        {
            foreach (var block in blocks)
            {
                var hosted = ram.Find(block.IdStr) ?? throw new ArgumentException($"There is no RAM block {block.IdStr}.", nameof(blocks));
                if (hosted.HasHugePages) throw new MachineRefusedException($"RAM block {block.IdStr} cannot arrive after the machine has started: it lies in huge pages");
                streamIndices[hosted.Index] = block.Index;
                asked[hosted.Index] = new AtomicPageBitmap(block.PageCount);
                opened.Register(hosted.Address, (nint)hosted.UsedLength, UserfaultfdModes.Missing);
            }
        }
        catch (Exception refused)
        {
            opened.Dispose();
            throw refused is LinuxException ? new MachineRefusedException($"RAM cannot arrive after the machine has started: {refused.Message}") : refused;
        }
        descriptor = opened;
        ram.Missing = opened;
    }

    /// <inheritdoc/>
    public bool WaitForFault(CancellationToken cancellationToken, out PageAddress page)
    {
        var faults = descriptor ?? throw new InvalidOperationException("No page is missing yet.");
        using var registration = wakeup.SignalOn(cancellationToken);
        while (!cancellationToken.IsCancellationRequested)
        {
            while (faults.TryRead(out var fault))
            {
                if (Locate(fault.Address, out page)) return true;
            }
            Descriptor.Wait(faults.Handle, PollEvents.Readable, wakeup, Timeout.InfiniteTimeSpan, Name);
        }
        page = default;
        return false;
    }

    /// <inheritdoc/>
    public void End()
    {
        if (descriptor is null) return;
        ram.Missing = null;
        foreach (var block in ram.Hosted) descriptor.Unregister(block.Address, (nint)block.UsedLength);
        Close();
    }

    /// <summary>
    /// Gives up, also in the middle: who still waits goes on and finds zeros. The machine is held before, and never runs again.
    /// </summary>
    public void Dispose()
    {
        ram.Missing = null;
        Close();
        wakeup.Dispose();
    }

    /// <summary>The page of an address, unless it was told before. Several threads may wait for one.</summary>
    private bool Locate(nint address, out PageAddress page)
    {
        foreach (var block in ram.Hosted)
        {
            var offset = (long)(address - block.Address);
            if (offset < 0 || offset >= block.UsedLength) continue;
            page = new PageAddress(streamIndices[block.Index], offset / RamBlock.PageSize);
            if (!asked[block.Index].TrySet(page.PageIndex)) return false;
            Faults++;
            return true;
        }
        page = default;
        return false;
    }

    private static FaultDescriptor Open()
    {
        try
        {
            // With the faults of system calls: who reads a file into the RAM waits like anybody else.
            return FaultDescriptor.Open(UserfaultfdFeatures.None, userModeOnly: false);
        }
        catch (LinuxException)
        {
            return FaultDescriptor.Open(UserfaultfdFeatures.None, userModeOnly: true);
        }
    }

    private void Close()
    {
        descriptor?.Dispose();
        descriptor = null;
    }
}
