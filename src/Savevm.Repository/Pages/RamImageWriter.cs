using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Savevm.Linux.Files;
using Savevm.Machine.Ram;

namespace Savevm.Repository.Pages;

/// <summary>
/// Writes pages of one channel to the images. Consecutive pages are gathered where they lie in the caller's memory and written by one
/// system call; a zero page where nothing was written costs no call at all.
/// </summary>
internal sealed unsafe class RamImageWriter(RamImageSink sink, byte id) : IPageWriter, IPageReadback
{
    private const int MaximumRunPages = 256;
    private const long WriteBackBytes = 8 << 20;

    private static readonly byte[] ZeroPage = GC.AllocateArray<byte>(RamBlock.PageSize, pinned: true);

    private readonly FileSegment[] segments = new FileSegment[MaximumRunPages];
    private readonly ChunkPass pass = new(id);
    private RamImage? runImage;
    private long runFirst;
    private int runPages, runSegments;
    private RamImage? unsyncedImage;
    private long unsyncedStart, unsyncedEnd, unsyncedBytes;
    private bool disposed;

    public void WritePage(int blockIndex, long pageIndex, ReadOnlySpan<byte> page)
    {
        var image = ImageOf(blockIndex, pageIndex);
        ArgumentOutOfRangeException.ThrowIfNotEqual(page.Length, RamBlock.PageSize);
        var group = image.GetGroup(pageIndex, out var groupIsNew);
        pass.AddData(image, group, groupIsNew, pageIndex, page);
        group.MarkWritten(ChunkGroup.PageInGroup(pageIndex));
        Gather(image, pageIndex, (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(page)));
    }

    public void WriteZeroPage(int blockIndex, long pageIndex)
    {
        var image = ImageOf(blockIndex, pageIndex);
        var group = image.FindGroup(pageIndex);
        if (group is null || !group.IsWritten(ChunkGroup.PageInGroup(pageIndex)))
        {
            pass.AddZero(image, group, pageIndex);
            return;
        }
        // Zeros over data are written like data, which is cheap; sealing turns them into holes.
        pass.Break(group, ChunkPass.ChunkInGroup(pageIndex));
        Gather(image, pageIndex, (nint)Unsafe.AsPointer(ref ZeroPage[0]));
    }

    public void ReadBack(int blockIndex, long pageIndex, Span<byte> page)
    {
        var image = ImageOf(blockIndex, pageIndex);
        Flush();
        page = page[..RamBlock.PageSize];
        var count = image.File.Read(page, pageIndex * RamBlock.PageSize);
        page[count..].Clear();
    }

    public void Flush()
    {
        if (runPages != 0) WriteRun();
    }

    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        sink.WriterClosed(id, lostPages: runPages != 0);
    }

    private RamImage ImageOf(int blockIndex, long pageIndex)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        var image = sink.ImageFor(blockIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)pageIndex, (ulong)image.Block.PageCount, nameof(pageIndex));
        return image;
    }

    private void Gather(RamImage image, long page, nint address)
    {
        if (runPages != 0 && (runPages == MaximumRunPages || image != runImage || page != runFirst + runPages)) WriteRun();
        if (runPages == 0)
        {
            runImage = image;
            runFirst = page;
        }
        runPages++;
        if (runSegments != 0)
        {
            ref var last = ref segments[runSegments - 1];
            if (last.Address + last.Length == address)
            {
                last = new FileSegment(last.Address, last.Length + RamBlock.PageSize);
                return;
            }
        }
        segments[runSegments++] = new FileSegment(address, RamBlock.PageSize);
    }

    private void WriteRun()
    {
        var image = runImage!;
        var offset = runFirst * RamBlock.PageSize;
        var bytes = (long)runPages * RamBlock.PageSize;
        var count = runSegments;
        runPages = runSegments = 0;
        try
        {
            image.File.WriteGather(segments.AsSpan(0, count), offset);
        }
        catch (Exception error)
        {
            sink.Fail(error.Message);
            throw;
        }
        NoteForWriteBack(image, offset, bytes);
    }

    /// <summary>Collects neighbouring runs until there is enough of them to be worth a call.</summary>
    private void NoteForWriteBack(RamImage image, long offset, long bytes)
    {
        var isNear = image == unsyncedImage && offset >= unsyncedEnd && offset - unsyncedEnd <= WriteBackBytes;
        if (!isNear)
        {
            if (unsyncedBytes >= WriteBackBytes / 8) sink.StartWriteBack(unsyncedImage!.File, unsyncedStart, unsyncedEnd - unsyncedStart);
            unsyncedImage = image;
            unsyncedStart = offset;
            unsyncedBytes = 0;
        }
        unsyncedEnd = offset + bytes;
        unsyncedBytes += bytes;
        if (unsyncedBytes < WriteBackBytes) return;
        sink.StartWriteBack(image.File, unsyncedStart, unsyncedEnd - unsyncedStart);
        unsyncedStart = unsyncedEnd;
        unsyncedBytes = 0;
    }
}
