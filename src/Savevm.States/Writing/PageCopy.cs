using Savevm.Machine.Ram;

namespace Savevm.States.Writing;

/// <summary>Copies ranges of RAM as they are: what is zero becomes a hole. Data plane: nothing is allocated per page.</summary>
internal static class PageCopy
{
    /// <summary>Most pages that a reader is asked for at once.</summary>
    internal const int PagesPerRead = 256;

    /// <summary>Copies a range of a block.</summary>
    /// <param name="reader">Reads the RAM.</param>
    /// <param name="range">What to copy.</param>
    /// <param name="target">Where to.</param>
    /// <param name="watch">Counts.</param>
    internal static void Copy(IPageReader reader, PhysicalRange range, ExportStream target, WritingWatch watch)
    {
        long page = range.BlockOffset / RamBlock.PageSize;
        long end = page + (range.Length / RamBlock.PageSize);
        while (page < end)
        {
            PageRun run = reader.Read(range.BlockIndex, page, (int)Math.Min(PagesPerRead, end - page));
            long bytes = (long)run.PageCount * RamBlock.PageSize;
            if (run.IsZero)
                target.WriteZeros(bytes);
            else
                target.Write(run.Bytes);
            page += run.PageCount;
            watch.Add(bytes);
        }
    }
}
