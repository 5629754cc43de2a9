using Savevm.Machine.Ram;

namespace Savevm.Heaps.Images;

/// <summary>Tells how much of the frozen RAM was given.</summary>
internal sealed class WatchedRam(IFrozenRam ram, IProgress<HeapSnapshotProgress> progress) : IFrozenRam
{
    private const long ReportedPages = 4096;

    private long given, reported, total;

    public IReadOnlyList<RamBlock> Blocks => ram.Blocks;

    public void Prepare() => ram.Prepare();

    public void Freeze()
    {
        ram.Freeze();
        total = Blocks.Sum(block => block.PageCount);
    }

    public bool TryNext(out PageAddress first, out PageRun run)
    {
        var isThere = ram.TryNext(out first, out run);
        if (isThere) given += run.PageCount;
        if (given - reported >= ReportedPages || (!isThere && given > reported))
        {
            reported = given;
            progress.Report(new HeapSnapshotProgress(given * RamBlock.PageSize, total * RamBlock.PageSize));
        }
        return isThere;
    }

    public void Dispose() => ram.Dispose();
}
