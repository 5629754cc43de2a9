using Savevm.Machine.Ram;
using Savevm.Migration.Outgoing;
using Savevm.Transport;

namespace Savevm.Migration.Pages;

/// <summary>Pages as records of the main stream.</summary>
internal sealed class PlainRounds(IByteChannel main, IPageReader reader, PageRecordWriter writer) : IRoundOutput
{
    // Shorter runs are copied and travel together: a system call costs as much as the copies of some pages.
    internal const int LongRunPages = 16;

    public void Open(ConversationWriter conversation, ControlWriter control, bool advisePostcopy) =>
        control.Write(main, output => conversation.WriteOpening(output, openReturnPath: main.IsBidirectional, advisePostcopy));

    public int SendPages(int blockIndex, long firstPage, int maxPages)
    {
        var run = reader.Read(blockIndex, firstPage, maxPages);
        var isLong = run.PageCount >= LongRunPages;
        for (var index = 0; index < run.PageCount; index++)
        {
            var content = run.IsZero ? default : run.Bytes.Slice(index * RamBlock.PageSize, RamBlock.PageSize);
            if (run.IsZero || (!run.IsScanned && ZeroPage.IsZero(content))) writer.AddZeroPage(blockIndex, firstPage + index);
            else if (isLong) writer.AddPage(blockIndex, firstPage + index, content);
            else writer.AddCopy(blockIndex, firstPage + index, content);
        }
        if (isLong && !run.IsZero) writer.Send();
        return run.PageCount;
    }

    public void EndRound() => writer.Send();

    public void Complete(ControlWriter control)
    {
        // The stream keeps its order by itself.
    }

    public void Dispose()
    {
        reader.Dispose();
        writer.Dispose();
    }
}
