using Savevm.Hosting.Paging;
using Savevm.Hosting.Ram;
using Savevm.Linux.Files;
using Savevm.Linux.Memory;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Snapshots;

/// <summary>
/// Memory that a process and its pager share: who has copied which page, and where the pager's copies are. Nobody in it waits for the other. Both
/// ends allocate nothing after they have opened it.
/// </summary>
/// <remarks><code>
/// 0   magic | process id, block count | copies | failure | faults | offset of the list of copies | copies that the program has taken | pages of the ring
/// 64  of each block: address | pages | offset of its bitmap | pages that are protected together
/// ... bitmaps: a set bit is a page whose copy exists, or is being made by who set it
/// ... list of copies: for each, the block in the upper 16 bits and the page below; all bits inverted where it lies in the file
/// ... the ring, at the beginning of a page: copy n lies at n modulo its pages, unless the one before is still there
/// </code></remarks>
internal sealed unsafe class PagerMemory : IDisposable
{
    private const long Magic = 0x31726567615076; // "vPager1"
    private const int PageShift = 48;

    private readonly MemoryMapping mapping;
    private readonly byte* bytes;
    private readonly long* copies;
    private readonly byte* ring;

    private PagerMemory(LinuxFile file, long length)
    {
        File = file;
        mapping = MemoryMapping.OfFile(file, (nint)length, isShared: true);
        bytes = (byte*)mapping.Address;
        copies = (long*)(bytes + Word(40));
        RingPages = Word(56);
        ring = bytes + length - (RingPages * RamBlock.PageSize);
    }

    /// <summary>The file; the other end gets its descriptor.</summary>
    public LinuxFile File { get; }

    /// <summary>The blocks.</summary>
    public BlockTable Blocks => new(bytes, *(int*)(bytes + 12));

    /// <summary>The process whose RAM it is.</summary>
    public int ProcessId => *(int*)(bytes + 8);

    /// <summary>Copies that the pager has made, in the order of its list.</summary>
    public long CopyCount => Volatile.Read(ref *(long*)(bytes + 16));

    /// <summary>Copies that the program has taken: their places in the ring are free.</summary>
    public long TakenCount
    {
        get => Volatile.Read(ref *(long*)(bytes + 48));
        set => Volatile.Write(ref *(long*)(bytes + 48), value);
    }

    /// <summary>Pages of the ring.</summary>
    public long RingPages { get; }

    /// <summary>Why the pager gave up: the kernel's number; 0 while it has not.</summary>
    public int Failure
    {
        get => (int)Volatile.Read(ref *(long*)(bytes + 24));
        set => Volatile.Write(ref *(long*)(bytes + 24), value);
    }

    /// <summary>Faults that it served.</summary>
    public long Faults
    {
        get => Volatile.Read(ref *(long*)(bytes + 32));
        set => Volatile.Write(ref *(long*)(bytes + 32), value);
    }

    /// <summary>Makes one for the RAM of this process.</summary>
    public static PagerMemory Create(IReadOnlyList<HostedRamBlock> blocks, int ringBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ringBytes);
        long pages = blocks.Sum(block => block.UsedLength / RamBlock.PageSize);
        var offset = BlockTable.HeaderBytes + ((long)BlockTable.RowBytes * blocks.Count);
        var rows = new long[blocks.Count];
        for (var index = 0; index < rows.Length; index++)
        {
            rows[index] = offset;
            offset += ((blocks[index].UsedLength / RamBlock.PageSize) + 63) / 64 * sizeof(long);
        }
        var ringPages = Math.Min(pages, ringBytes / RamBlock.PageSize);
        var length = (offset + (pages * sizeof(long)) + RamBlock.PageSize - 1) / RamBlock.PageSize * RamBlock.PageSize;
        length += ringPages * RamBlock.PageSize;
        var file = MemoryFile.Create("savevm pager", length);
        try
        {
            // Written by the file, so that the mapping can be opened as the other end opens it.
            Span<byte> header = new byte[BlockTable.HeaderBytes + (BlockTable.RowBytes * blocks.Count)];
            BitConverter.TryWriteBytes(header, Magic);
            BitConverter.TryWriteBytes(header[8..], Environment.ProcessId);
            BitConverter.TryWriteBytes(header[12..], blocks.Count);
            BitConverter.TryWriteBytes(header[40..], offset);
            BitConverter.TryWriteBytes(header[56..], ringPages);
            for (var index = 0; index < rows.Length; index++)
            {
                var row = header[(BlockTable.HeaderBytes + (BlockTable.RowBytes * index))..];
                BitConverter.TryWriteBytes(row, (long)blocks[index].Address);
                BitConverter.TryWriteBytes(row[8..], blocks[index].UsedLength / RamBlock.PageSize);
                BitConverter.TryWriteBytes(row[16..], rows[index]);
                BitConverter.TryWriteBytes(row[24..], (long)blocks[index].HostPageSize / RamBlock.PageSize);
            }
            file.Write(header, 0);
            return new PagerMemory(file, length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens the one of another process.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static PagerMemory Open(LinuxFile file)
    {
        var length = file.Status().Length;
        if (length < BlockTable.HeaderBytes) throw new InvalidDataException("no memory of a pager");
        var memory = new PagerMemory(file, length);
        return memory.Word(0) == Magic ? memory : throw new InvalidDataException("no memory of a pager");
    }

    /// <summary>Pages that the kernel protects and lets go together: those of a page of the host.</summary>
    public long UnitOf(int block) => Blocks.Word(block, 3);

    /// <summary>Claims a page. True for the one caller that did.</summary>
    public bool TryClaim(int block, long page)
    {
        var mask = 1L << (int)(page & 63);
        return (Interlocked.Or(ref Claims(block)[page >> 6], mask) & mask) == 0;
    }

    /// <summary>Claims the pages of a block that are empty: writes to them are let through at once.</summary>
    public void ClaimEmpty(int block, PopulatedPages populated)
    {
        var claims = Claims(block);
        for (var (first, end) = populated.NextEmpty(block, 0); first < end; (first, end) = populated.NextEmpty(block, end))
        {
            for (var page = first; page < end;)
            {
                var count = (int)Math.Min(64 - (page & 63), end - page);
                claims[page >> 6] |= (long)((count == 64 ? ulong.MaxValue : (1UL << count) - 1) << (int)(page & 63));
                page += count;
            }
        }
    }

    /// <summary>The first page from one on that nobody has claimed; the number of pages when there is none.</summary>
    public long NextUnclaimed(int block, long from) => BlockTable.FindBit(Claims(block), from, Blocks.PagesOf(block), isSet: false);

    /// <summary>How many places the ring has for the next copies, one behind the other. The pager's thread only.</summary>
    public long FreePlaces => RingPages == 0 ? 0 : Math.Min(RingPages - (CopyCount - TakenCount), RingPages - (CopyCount % RingPages));

    /// <summary>A copy's place in the ring.</summary>
    public nint PlaceOf(long index) => (nint)(ring + (index % RingPages * RamBlock.PageSize));

    /// <summary>The bytes of copies that lie in the ring one behind the other.</summary>
    public ReadOnlySpan<byte> BytesOf(long index, int pages) => new((void*)PlaceOf(index), pages * RamBlock.PageSize);

    /// <summary>Adds a copy to the list, when it lies in its place. The pager's thread only.</summary>
    public void Publish(int block, long page, bool isInFile)
    {
        ref var count = ref *(long*)(bytes + 16);
        var copied = ((long)block << PageShift) | page;
        copies[count] = isInFile ? ~copied : copied;
        Volatile.Write(ref count, count + 1);
    }

    /// <summary>Whether a copy lies in the file, at its number, and not in the ring.</summary>
    public bool IsInFile(long index) => copies[index] < 0;

    /// <summary>What a copy is of.</summary>
    public PageAddress Copied(long index)
    {
        var copied = IsInFile(index) ? ~copies[index] : copies[index];
        return new PageAddress((int)(copied >> PageShift), copied & ((1L << PageShift) - 1));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        mapping.Dispose();
        File.Dispose();
    }

    private long Word(long offset) => *(long*)(bytes + offset);

    private long* Claims(int block) => (long*)(bytes + Blocks.Word(block, 2));
}
