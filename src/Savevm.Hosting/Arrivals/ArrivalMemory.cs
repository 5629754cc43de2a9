using Savevm.Hosting.Paging;
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

    private readonly MemoryMapping mapping;
    private readonly byte* bytes;
    private readonly long length;

    private ArrivalMemory(LinuxFile file)
    {
        File = file;
        length = file.Status().Length;
        if (length < BlockTable.HeaderBytes) throw new InvalidDataException("no memory of an arrival");
        mapping = MemoryMapping.OfFile(file, (nint)length, isShared: true);
        bytes = (byte*)mapping.Address;
    }

    /// <summary>The file; the other end gets its descriptor.</summary>
    public LinuxFile File { get; }

    /// <summary>The blocks.</summary>
    public BlockTable Blocks => new(bytes, (int)Word(8));

    /// <summary>Makes one.</summary>
    public static ArrivalMemory Create(IReadOnlyList<ArrivingBlock> blocks)
    {
        var table = new byte[BlockTable.HeaderBytes + (BlockTable.RowBytes * blocks.Count)];
        BitConverter.TryWriteBytes(table, Magic);
        BitConverter.TryWriteBytes(table.AsSpan(8), (long)blocks.Count);
        var offset = (long)table.Length;
        for (var index = 0; index < blocks.Count; index++)
        {
            var row = table.AsSpan(BlockTable.HeaderBytes + (BlockTable.RowBytes * index));
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

    /// <summary>Where a block's pages lie in the file.</summary>
    public long PositionOf(int block) => Blocks.Word(block, 2);

    /// <summary>Finds the next pages from one on, below another, that the file has. False when there are none.</summary>
    public bool TryFindRun(int block, long from, long end, out long first, out long count)
    {
        var words = (long*)(bytes + BitmapOf(block));
        first = BlockTable.FindBit(words, from, end, isSet: true);
        count = BlockTable.FindBit(words, first, end, isSet: false) - first;
        return count > 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        mapping.Dispose();
        File.Dispose();
    }

    private static int BitmapBytes(long pages) => checked((int)((pages + 63) / 64 * sizeof(ulong)));

    private long BitmapOf(int block) => Blocks.Word(block, 3);

    private long Word(long offset) => *(long*)(bytes + offset);
}
