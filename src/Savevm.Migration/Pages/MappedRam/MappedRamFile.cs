using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Savevm.Machine.Ram;
using Savevm.Migration.Metrics;
using Savevm.Migration.Outgoing;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Dialects;
using Savevm.Wire.Ram;

namespace Savevm.Migration.Pages.MappedRam;

/// <summary>
/// Pages at fixed places of a file, and the bitmaps that tell which are there. A page that is written again overwrites itself. A zero page is told
/// by the bitmap alone; what was written to its place before is not looked at. One thread.
/// </summary>
internal sealed unsafe class MappedRamFile(IPositionedChannel file, IReadOnlyList<RamBlock> blocks, MigrationStatistics statistics)
{
    private static readonly StreamDialect Dialect = StreamDialect.Default with { HasMappedRam = true };

    private readonly MappedRamHeader[] headers = new MappedRamHeader[blocks.Count];
    private readonly byte[][] bitmaps = [.. blocks.Select(block => new byte[MappedRamHeader.GetBitmapBytes((ulong)block.UsedLength)])];

    /// <summary>Writes everything to the end of RAM's START body. The stream goes on behind the pages.</summary>
    public void Open(ConversationWriter conversation, ControlWriter control)
    {
        var listed = blocks.Select(block => new RamSetupBlock(block.IdStr, (ulong)block.UsedLength, RamBlock.PageSize)).ToArray();
        control.Write(file, output =>
        {
            conversation.WriteBeforeRam(output, openReturnPath: false, advisePostcopy: false);
            RamRecordWriter.WriteSetupHead(output, listed, Dialect);
        });
        foreach (var block in blocks)
        {
            var entry = listed[block.Index];
            // The entry's length does not depend on what its header says.
            var measured = new WireWriter();
            RamRecordWriter.WriteSetupBlock(measured, entry with { MappedRam = default(MappedRamHeader) }, Dialect);
            var headerPosition = (ulong)(file.Position + measured.Length - MappedRamHeader.HeaderBytes);
            var header = headers[block.Index] = MappedRamHeader.Place(headerPosition, entry.UsedLength);
            control.Write(file, output => RamRecordWriter.WriteSetupBlock(output, entry with { MappedRam = header }, Dialect));
            file.Position = (long)header.GetNextPosition(headerPosition, entry.UsedLength);
        }
        control.Write(file, conversation.WriteStartEnding);
    }

    /// <summary>Puts consecutive pages to their places; their bytes are in native memory.</summary>
    public void Put(int blockIndex, long firstPage, PageRun run)
    {
        if (run.IsZero)
        {
            PageBits.ClearRange(bitmaps[blockIndex], firstPage, run.PageCount);
            statistics.AddPages(0, run.PageCount);
            return;
        }
        // SAFETY: a run's pages lie in native memory, which stays until the next call of its reader.
        var segment = new MemorySegment((nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(run.Bytes)), run.Bytes.Length);
        file.WriteAt(new ReadOnlySpan<MemorySegment>(in segment), (long)headers[blockIndex].PagesPosition + (firstPage * RamBlock.PageSize));
        PageBits.SetRange(bitmaps[blockIndex], firstPage, run.PageCount);
        statistics.AddPages(run.PageCount, 0);
        statistics.AddPlacedBytes(run.Bytes.Length);
    }

    /// <summary>Writes the bitmaps: no page follows.</summary>
    public void Complete()
    {
        foreach (var block in blocks)
        {
            var bitmap = bitmaps[block.Index];
            fixed (byte* bits = bitmap)
            {
                var segment = new MemorySegment((nint)bits, bitmap.Length);
                file.WriteAt(new ReadOnlySpan<MemorySegment>(in segment), (long)headers[block.Index].BitmapPosition);
            }
            statistics.AddPlacedBytes(bitmap.Length);
        }
    }
}
