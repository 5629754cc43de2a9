using Savevm.Wire;
using Savevm.Wire.Forward;
using Savevm.Wire.Iterable;

namespace Savevm.States.Reading;

/// <summary>Reads the bodies of live sections other than RAM's; one of unknown kind is passed over by its footer.</summary>
internal sealed class LiveWalker(StateInput input, IStateVisitor visitor, FooterScanner scanner)
{
    private const int ChunkLimit = 64 << 10;

    private readonly DirtyBitmapTracker _bitmaps = new();

    /// <summary>Reads up to the end of the body.</summary>
    internal void ReadBody(IterableKind? kind, uint sectionId, CancellationToken cancellationToken)
    {
        bool goesOn = true;
        while (goesOn)
        {
            cancellationToken.ThrowIfCancellationRequested();
            goesOn = kind switch
            {
                IterableKind.DirtyBitmap => ReadBitmapChunk(),
                IterableKind.Block => ReadBlockRecord(),
                IterableKind.Vfio => ReadVfioRecord(),
                _ => PassOver(sectionId),
            };
        }
    }

    private bool ReadBitmapChunk()
    {
        DirtyBitmapChunk chunk;
        int consumed;
        while (!DirtyBitmapReader.TryRead(input.Unread, input.Offset, out chunk, out consumed))
            Need(ChunkLimit);
        MigratedBitmap? bitmap = null;
        try
        {
            bitmap = _bitmaps.Accept(chunk, input.Offset);
        }
        catch (WireException defect)
        {
            // The chunk's length is known all the same.
            visitor.Defect(new StateDefect(defect.Offset, defect.Reason));
        }
        if (bitmap is not null)
            visitor.DirtyBitmap(input.Offset, bitmap);
        bool goesOn = !chunk.IsLast;
        input.Consume(consumed);
        return goesOn;
    }

    private bool ReadBlockRecord()
    {
        BlockRecord record;
        int consumed;
        while (!BlockRecordReader.TryRead(input.Unread, input.Offset, out record, out consumed))
            Need(ChunkLimit);
        bool goesOn = record.Kind != BlockRecordKind.EndOfSection;
        long data = record.DataBytes;
        input.Consume(consumed);
        Pass(data);
        return goesOn;
    }

    private bool ReadVfioRecord()
    {
        VfioMark mark;
        ulong data;
        int consumed;
        while (!VfioRecordReader.TryRead(input.Unread, input.Offset, out mark, out data, out consumed))
            Need(ChunkLimit);
        input.Consume(consumed);
        Pass((long)data);
        if (mark == VfioMark.ConfigState)
        {
            int resumeAt = 0;
            int length;
            while (!VfioRecordReader.TryFindEnd(input.Unread, ref resumeAt, out length))
                Need(WireLimits.MaxDeviceSectionBytes);
            input.Consume(length);
        }
        return mark != VfioMark.EndOfState;
    }

    private bool PassOver(uint sectionId)
    {
        int resumeAt = 0;
        int length;
        while (!scanner.TryFindEnd(input.Unread, input.Offset, sectionId, input.IsAtEnd, ref resumeAt, out length))
            input.ReadMore(WireLimits.MaxDeviceSectionBytes);
        input.Consume(length);
        return false;
    }

    private void Pass(long bytes)
    {
        if (!input.Skip(bytes))
            throw new WireException(input.Offset, "the stream ends here, within a live section");
    }

    private void Need(int limit)
    {
        if (!input.ReadMore(limit + StateInput.DefaultWindowBytes))
            throw new WireException(input.Offset + input.Unread.Length, "the stream ends here, within a live section");
    }
}
