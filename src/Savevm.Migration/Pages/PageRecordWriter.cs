using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Savevm.Machine.Ram;
using Savevm.Migration.Metrics;
using Savevm.Transport;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;

namespace Savevm.Migration.Pages;

/// <summary>
/// Writes page records on one channel: gathers headers from its own arena and contents from the reader's memory into one
/// system call. On the main channel each batch is a PART of the RAM section; the preempt channel carries bare records.
/// Data plane: no allocation, no lock, no copy of a page. One thread.
/// </summary>
/// <remarks><code>
/// main:     02 id | word [name] page | word page | word 00 | ... | EOS | 7e id
/// preempt:          word [name] page | word page | ...
/// </code></remarks>
internal sealed unsafe class PageRecordWriter : IDisposable
{
    private const int ArenaBytes = 64 << 10;
    private const int MaxSegments = 512;
    private const int StagedPages = MaxSegments / 2;
    private const int TailBytes = 8 + 5;
    private const int MaxRecordBytes = RamRecordWriter.MaxPageHeaderBytes + 1 + TailBytes;

    /// <summary>Bytes of a difference's record between its word (with the name, where there is one) and the difference itself.</summary>
    internal const int DifferenceHeadBytes = 3;

    private readonly IByteChannel channel;
    private readonly MigrationStatistics statistics;
    private readonly byte[][] names;
    private readonly uint sectionId;
    private readonly bool framed;
    private readonly byte* arena = (byte*)NativeMemory.Alloc(ArenaBytes);
    private readonly MemorySegment* segments = (MemorySegment*)NativeMemory.Alloc(MaxSegments, (nuint)sizeof(MemorySegment));
    private byte* staging;
    private int stagedPages;
    private int arenaUsed;
    private int segmentCount;
    private int current = -1;
    private long batchBytes;
    private int normalPages;
    private int zeroPages;

    /// <summary>A writer for the channel; <paramref name="framed"/> on the main channel.</summary>
    public PageRecordWriter(IByteChannel channel, IReadOnlyList<RamBlock> blocks, uint sectionId, bool framed, MigrationStatistics statistics)
    {
        this.channel = channel;
        this.sectionId = sectionId;
        this.framed = framed;
        this.statistics = statistics;
        names = [.. blocks.Select(block => System.Text.Encoding.ASCII.GetBytes(block.IdStr))];
    }

    /// <summary>Called before a batch is written that has something in it: for who must be in step with the ends of sections.</summary>
    public Action? Sending { get; set; }

    /// <summary>Adds a page; <paramref name="content"/> must stay valid until <see cref="Send"/> returns.</summary>
    public void AddPage(int blockIndex, long pageIndex, ReadOnlySpan<byte> content)
    {
        Begin();
        TakeHeader(RamRecordWriter.WritePageHeader(Free, Address(pageIndex), NameFor(blockIndex)));
        Append((nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(content)), content.Length);
        normalPages++;
        if (segmentCount > MaxSegments - 4) Send();
    }

    /// <summary>
    /// Adds a copy of a page, so that the caller may read on at once: for pages that stand alone a copy costs less than a system call.
    /// </summary>
    public void AddCopy(int blockIndex, long pageIndex, ReadOnlySpan<byte> content)
    {
        if (stagedPages == StagedPages) Send();
        if (staging == null) staging = (byte*)NativeMemory.AlignedAlloc(StagedPages * RamBlock.PageSize, RamBlock.PageSize);
        var copy = new Span<byte>(staging + (stagedPages++ * RamBlock.PageSize), RamBlock.PageSize);
        content.CopyTo(copy);
        AddPage(blockIndex, pageIndex, copy);
    }

    /// <summary>Adds a page of zeros.</summary>
    public void AddZeroPage(int blockIndex, long pageIndex)
    {
        Begin();
        TakeHeader(RamRecordWriter.WriteZeroPage(Free, Address(pageIndex), NameFor(blockIndex)));
        zeroPages++;
    }

    /// <summary>Adds a page as its difference to what the destination has; it is copied.</summary>
    public void AddDifference(int blockIndex, long pageIndex, ReadOnlySpan<byte> difference)
    {
        if (arenaUsed > ArenaBytes - MaxRecordBytes - DifferenceHeadBytes - RamBlock.PageSize) Send();
        Begin();
        var head = RamRecordWriter.WriteXbzrleHeader(Free, Address(pageIndex), NameFor(blockIndex), difference.Length);
        difference.CopyTo(Free[head..]);
        TakeHeader(head + difference.Length);
    }

    /// <summary>Adds the mark that pairs with a SYNC packet on each multifd channel.</summary>
    public void AddMultifdFlush()
    {
        Begin();
        TakeHeader(RamRecordWriter.WriteWord(Free, 0, RamFlags.MultifdFlush));
    }

    /// <summary>Begins a section if none is begun, so that <see cref="Send"/> ends one.</summary>
    public void BeginSection() => Begin();

    /// <summary>Writes what was added. Nothing happens when nothing was.</summary>
    public void Send()
    {
        if (arenaUsed == 0) return;
        Sending?.Invoke();
        if (framed)
        {
            var written = RamRecordWriter.WriteWord(Free, 0, RamFlags.Eos);
            Free[written] = (byte)SectionType.Footer;
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(Free[(written + 1)..], sectionId);
            TakeHeader(written + 5);
        }
        try
        {
            channel.Write(new ReadOnlySpan<MemorySegment>(segments, segmentCount));
        }
        catch (IOException broken)
        {
            throw new PeerLostException($"the destination stopped taking pages: {broken.Message}", broken);
        }
        statistics.AddStreamBytes(batchBytes);
        statistics.AddPages(normalPages, zeroPages);
        arenaUsed = segmentCount = normalPages = zeroPages = stagedPages = 0;
        batchBytes = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(arena);
        NativeMemory.AlignedFree(staging);
        NativeMemory.Free(segments);
    }

    private Span<byte> Free => new(arena + arenaUsed, ArenaBytes - arenaUsed);

    private static ulong Address(long pageIndex) => (ulong)pageIndex * RamBlock.PageSize;

    private void Begin()
    {
        if (arenaUsed > ArenaBytes - MaxRecordBytes) Send();
        if (arenaUsed != 0 || !framed) return;
        Free[0] = (byte)SectionType.Part;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(Free[1..], sectionId);
        TakeHeader(5);
    }

    /// <summary>The name that the next record must carry; empty when it continues the block of the record before.</summary>
    private ReadOnlySpan<byte> NameFor(int blockIndex)
    {
        if (blockIndex == current) return default;
        current = blockIndex;
        return names[blockIndex];
    }

    private void TakeHeader(int length)
    {
        Append((nint)(arena + arenaUsed), length);
        arenaUsed += length;
    }

    /// <summary>Adds memory to the batch; pieces that touch (headers in a row, pages of one run) become one segment.</summary>
    private void Append(nint address, int length)
    {
        batchBytes += length;
        if (segmentCount > 0)
        {
            ref var last = ref segments[segmentCount - 1];
            if (last.Address + last.Length == address)
            {
                last = last with { Length = last.Length + length };
                return;
            }
        }
        segments[segmentCount++] = new MemorySegment(address, length);
    }
}
