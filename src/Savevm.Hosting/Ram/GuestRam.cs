using Savevm.Linux.Memory;
using Savevm.Linux.Userfaultfd;
using Savevm.Machine;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Ram;

/// <summary>
/// The RAM of a machine that runs in this process: RAM blocks, mapped here. The engine reads it as an <see cref="IRamSource"/> while the
/// machine runs, and fills it through <see cref="OpenSink"/>. The owner disposes it when no thread of the machine and no channel uses it any
/// more.
/// </summary>
public sealed class GuestRam : IRamSource, IDisposable
{
    private readonly Lock gate = new();
    private readonly HostedRamBlock[] hosted;
    private RamBlock[] blocks;
    private bool isTracked, isDisposed, hasSmallPages;
    private FaultDescriptor? missing;

    /// <summary>Maps all blocks.</summary>
    /// <exception cref="MachineRefusedException">A name or length is impossible. Nothing is mapped.</exception>
    /// <exception cref="Linux.LinuxException">The kernel refused, or a file cannot be opened. Nothing stays mapped.</exception>
    public GuestRam(IReadOnlyList<RamBlockLayout> layouts)
    {
        ArgumentNullException.ThrowIfNull(layouts);
        Check(layouts);
        hosted = new HostedRamBlock[layouts.Count];
        try
        {
            for (var index = 0; index < hosted.Length; index++) hosted[index] = new HostedRamBlock(index, layouts[index]);
        }
        catch
        {
            Unmap();
            throw;
        }
        blocks = [.. hosted.Select(block => block.Block)];
        Direct = new DirectRam(this, hosted);
    }

    /// <summary>
    /// The same RAM for a live migration: long runs are not copied, so they may change while they are sent. Who looks at contents takes this
    /// object itself.
    /// </summary>
    public IRamSource Direct { get; }

    /// <inheritdoc/>
    public IReadOnlyList<RamBlock> Blocks => Volatile.Read(ref blocks);

    /// <summary>The blocks as they lie in this process.</summary>
    public IReadOnlyList<HostedRamBlock> Hosted => hosted;

    /// <summary>A tracker tracks; no block can be resized.</summary>
    public bool IsTracked => Volatile.Read(ref isTracked);

    /// <summary>The block of a name; null when there is none.</summary>
    public HostedRamBlock? Find(string idStr) => Array.Find(hosted, block => block.IdStr == idStr);

    /// <inheritdoc/>
    public IPageReader OpenReader() => new HostedPageReader(hosted);

    /// <summary>A sink for one stream that fills this RAM.</summary>
    public IRamSink OpenSink() => new HostedRamSink(this);

    /// <summary>
    /// Changes the used length of a block, as a machine does whose firmware tables grow. What is added is zero. The machine does not touch
    /// the block meanwhile.
    /// </summary>
    /// <exception cref="InvalidOperationException">A tracker tracks: its bitmaps, and the stream's, are of the old length.</exception>
    /// <exception cref="MachineRefusedException">The block cannot have this length.</exception>
    public void Resize(int blockIndex, long usedLength)
    {
        lock (gate)
        {
            var block = hosted[blockIndex];
            if (isTracked) throw new InvalidOperationException($"RAM block {block.IdStr} cannot be resized while its writes are tracked.");
            if (Refusal(block.IdStr, usedLength, block.MaxLength) is { } refusal) throw new MachineRefusedException(refusal);
            var before = block.UsedLength;
            if (usedLength < before) block.Discard(usedLength, before - usedLength);
            block.UsedLength = usedLength;
            Volatile.Write(ref blocks, [.. hosted.Select(each => each.Block)]);
        }
    }

    /// <summary>Makes pages zero and gives their memory back; a tracker tells of them.</summary>
    public void Discard(int blockIndex, long firstPage, long pageCount)
    {
        var block = hosted[blockIndex];
        CheckRange(block, firstPage, pageCount);
        if (pageCount > 0) block.Discard(firstPage * RamBlock.PageSize, pageCount * RamBlock.PageSize);
    }

    /// <summary>Unmaps everything.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (isDisposed) return;
            if (isTracked) throw new InvalidOperationException("A tracker still tracks this RAM; stop it first.");
            isDisposed = true;
            Unmap();
        }
    }

    /// <summary>Throws unless pages lie in a block.</summary>
    internal static void CheckRange(HostedRamBlock block, long firstPage, long pageCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstPage);
        ArgumentOutOfRangeException.ThrowIfNegative(pageCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageCount, (block.UsedLength / RamBlock.PageSize) - firstPage);
    }

    /// <summary>Why a block cannot have a length; null when it can.</summary>
    internal static string? Refusal(string idStr, long usedLength, long maxLength) => usedLength switch
    {
        < 0 => $"RAM block {idStr} cannot have {usedLength} bytes",
        _ when usedLength % RamBlock.PageSize != 0 => $"RAM block {idStr} cannot have {usedLength} bytes, which are no whole pages",
        _ when usedLength > maxLength => $"RAM block {idStr} cannot have {usedLength} bytes; it has {maxLength} at most",
        _ => null,
    };

    /// <summary>Places pages for whoever waits for them; null while none can be missing.</summary>
    internal FaultDescriptor? Missing
    {
        get => Volatile.Read(ref missing);
        set => Volatile.Write(ref missing, value);
    }

    /// <summary>
    /// From now on pages come and go one by one: no huge page may fill places that a stream has still to fill, also not behind our back.
    /// </summary>
    internal void UseSmallPages()
    {
        lock (gate)
        {
            if (hasSmallPages) return;
            hasSmallPages = true;
            foreach (var block in hosted) block.UseSmallPages();
        }
    }

    /// <summary>Gives every block its logs. From the return on each change of a page is noted.</summary>
    /// <exception cref="DirtyTracking.TrackerRefusedException">The kernel would tell of whole huge pages, where a write to one page is asked for.</exception>
    internal void BeginTracking(bool everyWrite)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            if (isTracked) throw new InvalidOperationException("Another tracker tracks this RAM already.");
            if (!everyWrite && hosted.FirstOrDefault(block => block.HasHugePages) is { } huge)
                throw new DirtyTracking.TrackerRefusedException($"RAM block {huge.IdStr} lies in huge pages, whose parts the kernel does not tell apart");
            isTracked = true;
            foreach (var block in hosted)
            {
                var log = new AtomicPageBitmap(block.UsedLength / RamBlock.PageSize);
                block.ChangeLog = log;
                block.WriteLog = everyWrite ? log : null;
            }
        }
        // Who looked for a log before this line has finished its write, and the first copy of all pages will have it; who looks later finds one.
        Interlocked.MemoryBarrierProcessWide();
    }

    internal void EndTracking()
    {
        lock (gate)
        {
            foreach (var block in hosted) (block.ChangeLog, block.WriteLog) = (null, null);
            isTracked = false;
        }
    }

    /// <summary>Nothing is resized, tracked or given back until the end: somebody holds the content of an instant.</summary>
    /// <exception cref="InvalidOperationException">A tracker tracks, or another holds it already.</exception>
    internal void BeginHold()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            if (isTracked) throw new InvalidOperationException("This RAM is tracked, or held by another snapshot.");
            isTracked = true;
            foreach (var block in hosted) block.MustStay = true;
        }
    }

    internal void EndHold()
    {
        lock (gate)
        {
            foreach (var block in hosted) block.MustStay = false;
            isTracked = false;
        }
    }

    private static void Check(IReadOnlyList<RamBlockLayout> layouts)
    {
        if (layouts.Count > HostingLimits.RamBlocks)
            throw new MachineRefusedException($"{layouts.Count} RAM blocks; a machine has {HostingLimits.RamBlocks} at most");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var layout in layouts)
        {
            var name = layout.IdStr;
            if (name.Length is 0 or > HostingLimits.IdStrBytes || !System.Text.Ascii.IsValid(name))
                throw new MachineRefusedException($"'{name}' is no name of a RAM block: 1 to {HostingLimits.IdStrBytes} bytes of ASCII");
            if (!names.Add(name)) throw new MachineRefusedException($"two RAM blocks are called {name}");
            if (layout.MaxLength > HostingLimits.RamBlockBytes)
                throw new MachineRefusedException($"RAM block {name} cannot have {layout.MaxLength} bytes; {HostingLimits.RamBlockBytes} at most");
            if (Refusal(name, layout.UsedLength, layout.MaxLength) is { } refusal) throw new MachineRefusedException(refusal);
            if (layout.Backing.Kind == RamBackingKind.HugeMemoryFile && (layout.UsedLength % MemoryFile.HugePageBytes != 0 || layout.MaxLength != layout.UsedLength))
                throw new MachineRefusedException($"RAM block {name} cannot have {layout.UsedLength} bytes, which are no whole huge pages, or another length at most");
        }
    }

    private void Unmap()
    {
        foreach (var block in hosted) block?.Unmap();
    }
}
