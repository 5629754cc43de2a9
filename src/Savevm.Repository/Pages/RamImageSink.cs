using System.Text;
using Savevm.Linux.Files;
using Savevm.Linux.Memory;
using Savevm.Machine;
using Savevm.Machine.Ram;

namespace Savevm.Repository.Pages;

/// <summary>
/// The RAM of a machine as one sparse image file per block, with a checksum per 64 KiB beside it. File names are numbers, never names
/// from the stream. What need not survive a power cut is not hurried to the device.
/// </summary>
internal sealed class RamImageSink(LinuxDirectory directory, bool isDurable) : IRamSink, IDisposable
{
    private const int MaximumWriters = 254;

    private readonly bool[] writerIds = new bool[MaximumWriters + 1];
    private readonly WriteBackQueue writeBack = new();
    private RamImage[]? images;
    private SealedRamImage[]? sealedImages;
    private string? failure;
    private volatile bool closed;

    /// <summary>The blocks; empty before they were declared.</summary>
    internal IReadOnlyList<RamBlock> Blocks => images is null ? [] : [.. images.Select(image => image.Block)];

    internal static string ImageName(int blockIndex) => $"{blockIndex:D2}.img";

    internal static string SumName(int blockIndex) => $"{blockIndex:D2}.sum";

    public void DeclareBlocks(IReadOnlyList<RamBlock> blocks)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        ObjectDisposedException.ThrowIf(closed, this);
        CheckBlocks(blocks);
        if (images is not null)
        {
            if (!Blocks.SequenceEqual(blocks)) throw new MachineRefusedException("the RAM block list changed during the stream");
            return;
        }
        var opened = new List<RamImage>();
        try
        {
            foreach (var block in blocks) opened.Add(new RamImage(block, directory.CreateFile(ImageName(block.Index))));
        }
        catch
        {
            foreach (var image in opened) image.Dispose();
            throw;
        }
        images = [.. opened];
    }

    public IPageWriter OpenWriter()
    {
        ThrowIfNotWritable();
        lock (writerIds)
        {
            for (var id = 1; id <= MaximumWriters; id++)
            {
                if (writerIds[id]) continue;
                writerIds[id] = true;
                return new RamImageWriter(this, (byte)id);
            }
        }
        throw new InvalidOperationException($"More than {MaximumWriters} page writers are open.");
    }

    public void Discard(int blockIndex, long firstPage, long pageCount)
    {
        ThrowIfNotWritable();
        var image = images![blockIndex];
        ArgumentOutOfRangeException.ThrowIfNegative(firstPage);
        ArgumentOutOfRangeException.ThrowIfNegative(pageCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageCount, image.Block.PageCount - firstPage);
        image.Discard(firstPage, pageCount);
    }

    /// <summary>The image of a block while pages may be written.</summary>
    internal RamImage ImageFor(int blockIndex)
    {
        if (closed) ThrowIfNotWritable();
        return images![blockIndex];
    }

    internal void WriterClosed(byte id, bool lostPages)
    {
        lock (writerIds) writerIds[id] = false;
        if (lostPages) Fail("a page writer was closed before its pages were flushed");
    }

    /// <summary>From now on the RAM cannot become a snapshot: something was not written.</summary>
    internal void Fail(string reason) => Interlocked.CompareExchange(ref failure, reason, null);

    internal void StartWriteBack(LinuxFile file, long offset, long length)
    {
        if (isDurable) writeBack.Add(file, offset, length);
    }

    /// <summary>Ends writing: completes the checksums and writes the checksum files. Once; later calls return the same.</summary>
    internal IReadOnlyList<SealedRamImage> Seal(CancellationToken cancellationToken)
    {
        if (sealedImages is not null) return sealedImages;
        ThrowIfNotWritable();
        lock (writerIds)
            if (writerIds.Contains(true)) throw new InvalidOperationException("A page writer is still open.");
        closed = true;
        writeBack.Dispose();
        using var buffer = new NativeBuffer(ChunkGeometry.ChunkBytes, RamBlock.PageSize);
        var results = new List<SealedRamImage>();
        foreach (var image in images!)
        {
            using var sumFile = directory.CreateFile(SumName(image.Block.Index));
            var tableSum = image.Seal(sumFile, buffer.Span, cancellationToken);
            if (isDurable)
            {
                sumFile.StartWriteBack(0, SumFile.LengthFor(image.Geometry));
                image.File.StartWriteBack(0, image.Block.UsedLength);
            }
            results.Add(new SealedRamImage(image.Block, tableSum, image.CountDataPages() * RamBlock.PageSize));
        }
        return sealedImages = [.. results];
    }

    /// <summary>Returns when images and checksums are on the device.</summary>
    internal void Sync(CancellationToken cancellationToken)
    {
        foreach (var image in images!)
        {
            cancellationToken.ThrowIfCancellationRequested();
            image.File.SyncData();
            using var sumFile = directory.OpenFile(SumName(image.Block.Index));
            sumFile.SyncData();
        }
    }

    public void Dispose()
    {
        closed = true;
        writeBack.Dispose();
        foreach (var image in images ?? []) image.Dispose();
    }

    private static void CheckBlocks(IReadOnlyList<RamBlock> blocks)
    {
        if (blocks.Count > RepositoryLimits.RamBlocks)
            throw new MachineRefusedException($"the machine has {blocks.Count} RAM blocks, more than {RepositoryLimits.RamBlocks}");
        var names = new HashSet<string>(StringComparer.Ordinal);
        long total = 0;
        for (var index = 0; index < blocks.Count; index++)
        {
            var block = blocks[index];
            if (block.Index != index) throw new ArgumentException($"RAM block {index} says that it is block {block.Index}.");
            if (block.IdStr.Length is 0 or > RepositoryLimits.NameBytes || !Ascii.IsValid(block.IdStr))
                throw new MachineRefusedException($"the name of RAM block {index} is empty, too long or not ASCII");
            if (!names.Add(block.IdStr)) throw new MachineRefusedException($"two RAM blocks are called {block.IdStr}");
            if (block.UsedLength is < 0 or > RepositoryLimits.RamBlockBytes || block.UsedLength % RamBlock.PageSize != 0)
                throw new MachineRefusedException($"RAM block {block.IdStr} cannot have {block.UsedLength} bytes");
            total += block.UsedLength;
            if (total > RepositoryLimits.RamBytes)
                throw new MachineRefusedException($"the RAM blocks have more than {RepositoryLimits.RamBytes} bytes together");
        }
    }

    private void ThrowIfNotWritable()
    {
        if (sealedImages is not null) throw new InvalidOperationException("The RAM of this snapshot is sealed.");
        ObjectDisposedException.ThrowIf(closed, this);
        if (images is null) throw new InvalidOperationException("The RAM blocks are not declared yet.");
        if (failure is not null) throw new IOException($"the RAM of this snapshot is incomplete: {failure}");
    }
}
