using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Migration.Metrics;
using Savevm.Migration.Outgoing;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Dialects;
using Savevm.Wire.Ram;

namespace Savevm.Migration.Pages.MappedRam;

/// <summary>
/// Pages at fixed places of a file: one that is sent again overwrites itself, so the file is as long after many rounds as after one. A zero page
/// is told by the bitmap alone; what an earlier round left in its place is not looked at.
/// </summary>
internal sealed unsafe class MappedRamRounds(IPositionedChannel file, LiveMachine machine, MigrationStatistics statistics) : IRoundOutput
{
    private static readonly StreamDialect Dialect = StreamDialect.Default with { HasMappedRam = true };

    private readonly IReadOnlyList<RamBlock> blocks = machine.Ram.Blocks;
    private readonly IPageReader reader = machine.Ram.OpenReader();
    private readonly MappedRamHeader[] headers = new MappedRamHeader[machine.Ram.Blocks.Count];
    private readonly byte[][] bitmaps = [.. machine.Ram.Blocks.Select(block => new byte[MappedRamHeader.GetBitmapBytes((ulong)block.UsedLength)])];

    public void Open(ConversationWriter conversation, ControlWriter control, bool advisePostcopy)
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

    public int SendPages(int blockIndex, long firstPage, int maxPages)
    {
        var run = reader.Read(blockIndex, firstPage, maxPages);
        if (run.IsZero)
        {
            PageBits.ClearRange(bitmaps[blockIndex], firstPage, run.PageCount);
            statistics.AddPages(0, run.PageCount);
            return run.PageCount;
        }
        // SAFETY: a reader's pages lie in native memory, which stays until its next call.
        var segment = new MemorySegment((nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(run.Bytes)), run.Bytes.Length);
        file.WriteAt(new ReadOnlySpan<MemorySegment>(in segment), (long)headers[blockIndex].PagesPosition + (firstPage * RamBlock.PageSize));
        PageBits.SetRange(bitmaps[blockIndex], firstPage, run.PageCount);
        statistics.AddPages(run.PageCount, 0);
        statistics.AddPlacedBytes(run.Bytes.Length);
        return run.PageCount;
    }

    public void EndRound()
    {
        // What overwrites is written later.
    }

    public void Complete(ControlWriter control)
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

    public void Dispose() => reader.Dispose();
}
