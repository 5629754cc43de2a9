using Savevm.Linux.Files;
using Savevm.Linux.Memory;

namespace Savevm.Hosting.Arrivals;

/// <summary>What a pager is told of memory that arrives: written once by the program, read by the pager.</summary>
/// <remarks><code>
/// 0   magic | number of blocks
/// 64  of each block: address | pages | position in the file | offset of its bitmap
/// ... bitmaps: a set bit is a page that the file has
/// </code></remarks>
internal sealed unsafe class ArrivalMemory : IDisposable
{
    private const long Magic = 0x3176697272417376; // "vsArriv1"
    private const int HeaderBytes = 64, RowBytes = 32;

    private readonly MemoryMapping mapping;
    private readonly byte* bytes;
    private readonly long length;

    private ArrivalMemory(LinuxFile file)
    {
        File = file;
        length = file.Status().Length;
        if (length < HeaderBytes) throw new InvalidDataException("no memory of an arrival");
        mapping = MemoryMapping.OfFile(file, (nint)length, isShared: true);
        bytes = (byte*)mapping.Address;
    }

    /// <summary>The file; the other end gets its descriptor.</summary>
    public LinuxFile File { get; }

    /// <summary>Number of blocks.</summary>
    public int BlockCount => (int)Word(8);

    /// <summary>Makes one.</summary>
    public static ArrivalMemory Create(IReadOnlyList<ArrivingBlock> blocks)
    {
        var table = new byte[HeaderBytes + (RowBytes * blocks.Count)];
        BitConverter.TryWriteBytes(table, Magic);
        BitConverter.TryWriteBytes(table.AsSpan(8), (long)blocks.Count);
        var offset = (long)table.Length;
        for (var index = 0; index < blocks.Count; index++)
        {
            var row = table.AsSpan(HeaderBytes + (RowBytes * index));
            BitConverter.TryWriteBytes(row, (long)blocks[index].Block.Address);
            BitConverter.TryWriteBytes(row[8..], blocks[index].Pages.PageCount);
            BitConverter.TryWriteBytes(row[16..], blocks[index].Position);
            BitConverter.TryWriteBytes(row[24..], offset);
            offset += BitmapBytes(blocks[index].Pages.PageCount);
        }
        var file = MemoryFile.Create("savevm arrival", offset);
        try
        {
            file.Write(table, 0);
            var memory = new ArrivalMemory(file);
            for (var index = 0; index < blocks.Count; index++)
            {
                var pages = blocks[index].Pages;
                pages.CopyTo(new Span<byte>(memory.bytes + memory.BitmapOf(index), BitmapBytes(pages.PageCount)));
            }
            return memory;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens the one of another process.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static ArrivalMemory Open(LinuxFile file)
    {
        var memory = new ArrivalMemory(file);
        return memory.Word(0) == Magic ? memory : throw new InvalidDataException("no memory of an arrival");
    }

    /// <summary>Address of a block's first byte in the process whose RAM it is.</summary>
    public nint AddressOf(int block) => (nint)Word(HeaderBytes + (RowBytes * block));

    /// <summary>Pages of a block.</summary>
    public long PagesOf(int block) => Word(HeaderBytes + (RowBytes * block) + 8);

    /// <summary>Where a block's pages lie in the file.</summary>
    public long PositionOf(int block) => Word(HeaderBytes + (RowBytes * block) + 16);

    /// <summary>Finds the next pages from one on, below another, that the file has. False when there are none.</summary>
    public bool TryFindRun(int block, long from, long end, out long first, out long count)
    {
        var words = (ulong*)(bytes + BitmapOf(block));
        first = Find(words, from, end, 0);
        count = Find(words, first, end, ulong.MaxValue) - first;
        return count > 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        mapping.Dispose();
        File.Dispose();
    }

    /// <summary>The first page from one on whose bit is set, where the mask is 0, or clear, where it is all ones.</summary>
    private static long Find(ulong* words, long from, long end, ulong mask)
    {
        for (var index = from >> 6; index << 6 < end; index++)
        {
            var found = words[index] ^ mask;
            if (index == from >> 6) found &= ulong.MaxValue << (int)(from & 63);
            if (found != 0) return Math.Min(end, (index << 6) + System.Numerics.BitOperations.TrailingZeroCount(found));
        }
        return end;
    }

    private static int BitmapBytes(long pages) => checked((int)((pages + 63) / 64 * sizeof(ulong)));

    private long BitmapOf(int block) => Word(HeaderBytes + (RowBytes * block) + 24);

    private long Word(long offset) => *(long*)(bytes + offset);
}
