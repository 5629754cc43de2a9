using Savevm.Wire;
using Savevm.Wire.Ram;

namespace Savevm.States.Reading;

/// <summary>
/// Reads the pages of a block of a mapped-ram file. They lie between the block's head and that of the next one, and are read when the list of
/// blocks is complete.
/// </summary>
/// <param name="input">The file.</param>
/// <param name="visitor">Who is told.</param>
/// <param name="index">Index of the block.</param>
/// <param name="block">The block.</param>
/// <param name="place">Where its parts lie.</param>
internal sealed class MappedRamWalker(StateInput input, IStateVisitor visitor, int index, RamSetupBlock block, MappedRamHeader place)
{
    // Runs of pages are read in pieces of this size, and the bitmap too: neither length is a reason to reserve memory.
    private const int PieceBytes = 256 << 10;
    private const int PageBytes = RamPayloadReader.PageBytes;
    private const int PagesOfPiece = PieceBytes / PageBytes;

    /// <summary>Goes forward to a position that belongs to a block.</summary>
    internal static void Skip(StateInput input, long position, RamSetupBlock block)
    {
        if (position < input.Offset)
            throw new WireException(input.Offset, $"a part of block '{block.IdStr}' lies at 0x{position:x}, before what describes it");
        if (!input.CanSeek)
            throw new WireException(input.Offset, "mapped RAM in a stream that can only be read forward");
        if (!input.Skip(position - input.Offset))
            throw new WireException(input.Offset, $"the file ends before 0x{position:x}, where a part of block '{block.IdStr}' lies");
    }

    /// <summary>Reads bitmap and pages. Pages that the file does not hold are zero, and nothing is told of them.</summary>
    internal void Read(CancellationToken cancellationToken)
    {
        input.Seek((long)place.BitmapPosition);
        byte[] bitmap = ReadBitmap();
        long pageCount = (long)block.UsedLength / PageBytes;
        for (long from = 0; PageBits.TryFindRun(bitmap, pageCount, ref from, out long first, out long count);)
        {
            cancellationToken.ThrowIfCancellationRequested();
            input.Seek((long)place.PagesPosition + (first * PageBytes));
            ReadRun(first, count);
        }
    }

    private byte[] ReadBitmap()
    {
        ulong length = MappedRamHeader.GetBitmapBytes(block.UsedLength);
        if (length > WireLimits.MaxReceivedBitmapBytes)
            throw new WireException(input.Offset, $"a bitmap of {length} bytes");
        byte[] bitmap = new byte[Math.Min(length, PieceBytes)];
        for (int filled = 0; filled < (int)length;)
        {
            if (filled == bitmap.Length)
                Array.Resize(ref bitmap, (int)Math.Min(length, (ulong)bitmap.Length * 2));
            if (!input.Require(1))
                throw new WireException(input.Offset, $"the file ends within the bitmap of block '{block.IdStr}'");
            int count = Math.Min(input.Unread.Length, bitmap.Length - filled);
            input.Unread[..count].CopyTo(bitmap.AsSpan(filled));
            input.Consume(count);
            filled += count;
        }
        return bitmap;
    }

    private void ReadRun(long first, long count)
    {
        for (long done = 0; done < count;)
        {
            int pages = (int)Math.Min(count - done, PagesOfPiece);
            if (!input.Require(pages * PageBytes))
                throw new WireException(input.Offset, $"the file ends within the pages of block '{block.IdStr}'");
            for (int i = 0; i < pages; i++)
            {
                visitor.Page(
                    input.Offset + (i * PageBytes), index, first + done + i, RamRecordKind.Page, input.Unread.Slice(i * PageBytes, PageBytes));
            }
            input.Consume(pages * PageBytes);
            done += pages;
        }
    }
}
