using System.IO.Hashing;
using Savevm.Linux.Files;
using Savevm.Machine;
using Savevm.Machine.Ram;

namespace Savevm.Repository.Pages;

/// <summary>One stored RAM block: its image file and its checksums. Any thread may read.</summary>
internal sealed class StoredRamImage : IDisposable
{
    private readonly LinuxFile image, sums;

    /// <summary>Opens both files and checks their sizes and the table's own checksum; cheap whatever the size of the block.</summary>
    /// <exception cref="DamagedStateException">A file is missing or is not the one that was saved.</exception>
    internal StoredRamImage(LinuxDirectory directory, RamBlock block, ulong tableSum)
    {
        Block = block;
        Geometry = new ChunkGeometry(block.UsedLength);
        Item = $"{SnapshotFiles.RamDirectory}/{RamImageSink.ImageName(block.Index)} ({block.IdStr})";
        var sumItem = $"{SnapshotFiles.RamDirectory}/{RamImageSink.SumName(block.Index)} ({block.IdStr})";
        image = SnapshotFiles.Open(directory, RamImageSink.ImageName(block.Index), Item);
        try
        {
            var length = image.Status().Length;
            if (length != block.UsedLength) throw new DamagedStateException(Item, -1, $"has {length} bytes and not {block.UsedLength}");
            sums = SnapshotFiles.Open(directory, RamImageSink.SumName(block.Index), sumItem);
            Sums = new SumTable(sums, sumItem, Geometry, tableSum);
        }
        catch
        {
            image.Dispose();
            sums?.Dispose();
            throw;
        }
    }

    internal RamBlock Block { get; }

    internal ChunkGeometry Geometry { get; }

    internal SumTable Sums { get; }

    /// <summary>File and block, for messages.</summary>
    internal string Item { get; }

    /// <summary>Reads consecutive chunks and checks each of them.</summary>
    /// <exception cref="DamagedStateException">One of them is not what was saved; nothing of the buffer may be used.</exception>
    internal void ReadChecked(long firstChunk, Span<byte> buffer)
    {
        var offset = firstChunk * ChunkGeometry.ChunkBytes;
        var got = image.Read(buffer, offset);
        if (got != buffer.Length) throw new DamagedStateException(Item, offset + got, "the image is cut off");
        for (var chunk = firstChunk; buffer.Length > 0; chunk++)
        {
            var bytes = Geometry.BytesOfChunk(chunk);
            if (XxHash3.HashToUInt64(buffer[..bytes]) != Sums[chunk])
                throw new DamagedStateException(Item, chunk * ChunkGeometry.ChunkBytes, "the 64 KiB from here on do not match their checksum");
            buffer = buffer[bytes..];
        }
    }

    /// <summary>Checks every chunk, and goes on after a damaged one.</summary>
    /// <param name="buffer">At least one chunk.</param>
    /// <param name="found">Told of each defect.</param>
    /// <param name="progress">Told of bytes checked since the last report.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    internal void Verify(Span<byte> buffer, Action<DamagedStateException> found, Action<long> progress, CancellationToken cancellationToken)
    {
        for (var group = 0; group < Geometry.GroupCount; group++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var first = (long)group * ChunkGeometry.ChunksPerGroup;
            var end = first + Geometry.ChunksOfGroup(group);
            try
            {
                // Loads the group's checksums, so that a defect there is reported once and not once per chunk.
                _ = Sums[first];
                VerifyChunks(first, end, buffer, found);
            }
            catch (DamagedStateException defect)
            {
                found(defect);
            }
            progress(Math.Min(end * ChunkGeometry.ChunkBytes, Block.UsedLength) - first * ChunkGeometry.ChunkBytes);
        }
    }

    /// <summary>Checks the table of checksums without reading the image.</summary>
    internal void VerifySums(Action<DamagedStateException> found)
    {
        for (var group = 0; group < Geometry.GroupCount; group++)
        {
            try
            {
                _ = Sums[(long)group * ChunkGeometry.ChunksPerGroup];
            }
            catch (DamagedStateException defect)
            {
                found(defect);
            }
        }
    }

    public void Dispose()
    {
        image.Dispose();
        sums.Dispose();
    }

    private void VerifyChunks(long first, long end, Span<byte> buffer, Action<DamagedStateException> found)
    {
        var nextData = -1L;
        var dataKnown = false;
        for (var chunk = first; chunk < end; chunk++)
        {
            long offset = chunk * ChunkGeometry.ChunkBytes;
            var bytes = Geometry.BytesOfChunk(chunk);
            if (!dataKnown || (nextData >= 0 && nextData < offset))
            {
                nextData = image.NextData(offset);
                dataKnown = true;
            }
            var isHole = nextData < 0 || nextData >= offset + bytes;
            if (isHole)
            {
                if (!Sums.IsZero(chunk)) found(new DamagedStateException(Item, offset, "there is a hole where 64 KiB of data should be"));
                continue;
            }
            try
            {
                ReadChecked(chunk, buffer[..bytes]);
            }
            catch (DamagedStateException defect)
            {
                found(defect);
            }
        }
    }
}
