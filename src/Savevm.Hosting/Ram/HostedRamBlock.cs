using Savevm.Linux;
using Savevm.Linux.Files;
using Savevm.Linux.Memory;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Ram;

/// <summary>A RAM block that is mapped in this process.</summary>
public sealed class HostedRamBlock
{
    private readonly MemoryMapping mapping;
    private readonly LinuxFile? file;
    private AtomicPageBitmap? writeLog, changeLog;
    private volatile bool mustStay;

    internal HostedRamBlock(int index, RamBlockLayout layout)
    {
        Index = index;
        Layout = layout;
        UsedLength = layout.UsedLength;
        mapping = Map(layout, out file);
        try
        {
            // A child that is forked gets no copy of the guest; it would cost time and memory.
            mapping.Advise(MemoryAdvice.DontFork, 0, mapping.Length);
            // Advice only: a kernel without huge pages refuses, and the memory is as good.
            if (layout.HugePages) mapping.TryAdvise(MemoryAdvice.HugePage, 0, mapping.Length);
        }
        catch
        {
            mapping.Dispose();
            file?.Dispose();
            throw;
        }
        Memory = new GuestMemory(this);
    }

    /// <summary>Position in the machine's list.</summary>
    public int Index { get; }

    /// <summary>The name that both ends of a migration know it by.</summary>
    public string IdStr => Layout.IdStr;

    /// <summary>Bytes in use.</summary>
    public long UsedLength { get; internal set; }

    /// <summary>The most bytes that it can be resized to.</summary>
    public long MaxLength => Layout.MaxLength;

    /// <summary>Bytes of a page of the host under it: the unit in which the kernel tracks and gives back.</summary>
    public int HostPageSize => HasHugePages ? MemoryFile.HugePageBytes : Environment.SystemPageSize;

    /// <summary>What it was made of.</summary>
    public RamBlockLayout Layout { get; }

    /// <summary>How managed code reaches it.</summary>
    public GuestMemory Memory { get; }

    /// <summary>
    /// The first byte, for native code, which may read and write <see cref="UsedLength"/> bytes from here until the RAM is disposed of. What it
    /// writes is seen by every tracker but the one named <c>software</c>. Managed code stays away: decisions 1 and 13.
    /// </summary>
    public nint Address => mapping.Address;

    /// <summary>The kernel does with whole huge pages what it else does with small ones.</summary>
    internal bool HasHugePages => Layout.Backing.Kind == RamBackingKind.HugeMemoryFile;

    /// <summary>As the engine sees it.</summary>
    internal RamBlock Block => new(Index, IdStr, UsedLength);

    /// <summary>Where each write by the accessor is noted; null while nobody needs that.</summary>
    internal AtomicPageBitmap? WriteLog
    {
        get => Volatile.Read(ref writeLog);
        set => Volatile.Write(ref writeLog, value);
    }

    /// <summary>
    /// Where pages are noted that became zero without a write: discarded, or cut off. No kernel of those we know reports all of these to a
    /// tracker. Null while nothing tracks.
    /// </summary>
    internal AtomicPageBitmap? ChangeLog
    {
        get => Volatile.Read(ref changeLog);
        set => Volatile.Write(ref changeLog, value);
    }

    /// <summary>
    /// Notes pages that were written to. Called after the write: noted before it, the page could be collected, and sent with its old content,
    /// in between.
    /// </summary>
    internal void NoteWrite(long offset, long length)
    {
        var log = WriteLog;
        if (log is null || length == 0) return;
        var last = (offset + length - 1) / RamBlock.PageSize;
        for (var page = offset / RamBlock.PageSize; page <= last; page++)
        {
            // No fence stands between the write and this look; the collector makes up for it on all processors (SoftwareTracker).
            if (!log.IsSet(page)) log.TrySet(page);
        }
    }

    /// <summary>Makes a range zero and gives its memory back where the backing can.</summary>
    internal void Discard(long offset, long length)
    {
        var first = (offset + HostPageSize - 1) / HostPageSize * HostPageSize;
        var end = (offset + length) / HostPageSize * HostPageSize;
        if (first >= end || !TryGiveBack(first, end - first)) NativeFill.Fill(Address + (nint)offset, 0, (nint)length);
        else
        {
            NativeFill.Fill(Address + (nint)offset, 0, (nint)(first - offset));
            NativeFill.Fill(Address + (nint)end, 0, (nint)(offset + length - end));
        }
        // After the change, as in NoteWrite.
        ChangeLog?.SetRange(offset / RamBlock.PageSize, length / RamBlock.PageSize);
    }

    // A kernel without huge pages refuses, and has none.
    internal void UseSmallPages() => mapping.TryAdvise(MemoryAdvice.NoHugePage, 0, mapping.Length);

    internal void Unmap()
    {
        mapping.Dispose();
        file?.Dispose();
    }

    /// <summary>The memory file under it, which tells what of it was ever written to; null for other memory.</summary>
    internal LinuxFile? File => file;

    /// <summary>
    /// Nothing of it is given back: what is discarded is written over with zeros, so that who holds its content for an instant sees that as any other
    /// write.
    /// </summary>
    internal bool MustStay
    {
        get => mustStay;
        set => mustStay = value;
    }

    private bool TryGiveBack(long offset, long length) => !mustStay && Layout.Backing.Kind switch
    {
        RamBackingKind.Anonymous => mapping.TryAdvise(MemoryAdvice.DontNeed, (nint)offset, (nint)length),
        RamBackingKind.MemoryFile or RamBackingKind.HugeMemoryFile or RamBackingKind.SharedFile => mapping.TryAdvise(MemoryAdvice.Remove, (nint)offset, (nint)length),
        // What would come back is the file's content.
        _ => false,
    };

    private static MemoryMapping Map(RamBlockLayout layout, out LinuxFile? kept)
    {
        kept = null;
        var length = (nint)Math.Max(layout.MaxLength, RamBlock.PageSize);
        switch (layout.Backing.Kind)
        {
            case RamBackingKind.Anonymous:
                return MemoryMapping.Anonymous(length, layout.IdStr);
            case RamBackingKind.MemoryFile or RamBackingKind.HugeMemoryFile:
                var file = MemoryFile.Create(layout.IdStr, length, hugePages: layout.Backing.Kind == RamBackingKind.HugeMemoryFile);
                try
                {
                    var made = MemoryMapping.OfFile(file, length, true);
                    kept = file;
                    return made;
                }
                catch
                {
                    file.Dispose();
                    throw;
                }
            default:
                return MapPath(layout.Backing, length);
        }
    }

    private static MemoryMapping MapPath(RamBacking backing, nint length)
    {
        var path = Path.GetFullPath(backing.Path!);
        using var folder = LinuxDirectory.Open(Path.GetDirectoryName(path)!);
        using var file = backing.IsShared ? folder.OpenOrCreateFile(Path.GetFileName(path)) : folder.OpenFile(Path.GetFileName(path));
        var present = file.Status().Length;
        if (present < length)
        {
            if (!backing.IsShared) throw new LinuxException(Errno.EINVAL, "mmap", $"{path}, which has {present} of {length} bytes");
            file.SetLength(length);
        }
        return MemoryMapping.OfFile(file, length, backing.IsShared);
    }
}
