using Savevm.Machine.Ram;
using Savevm.Wire.Ram;

namespace Savevm.States.Surveys;

/// <summary>What fills the RAM of a machine that stands still, page by page.</summary>
public sealed class RamSurvey
{
    // As many pages as are read at once; between them the token is looked at.
    private const int MaxPages = 256;

    private RamSurvey(RamCensus census)
    {
        Blocks = census.Blocks;
        Compared = census.Compare();
        SampledOneIn = census.SampledOneIn;
    }

    /// <summary>The blocks.</summary>
    public IReadOnlyList<BlockCensus> Blocks { get; }

    /// <summary>How many different contents the pages have, and how many pages have one that another has, too.</summary>
    public (long Distinct, long Repeated) Compared { get; }

    /// <summary>One page in so many was looked at to compare pages.</summary>
    public long SampledOneIn { get; }

    /// <summary>Reads all RAM.</summary>
    public static RamSurvey Read(IRamSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        var census = new RamCensus(compares: true);
        foreach (RamBlock block in source.Blocks)
            census.Add(0, new RamSetupBlock(block.IdStr, (ulong)block.UsedLength, RamBlock.PageSize));
        using IPageReader reader = source.OpenReader();
        foreach (RamBlock block in source.Blocks)
        {
            for (long page = 0; page < block.PageCount;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                PageRun run = reader.Read(block.Index, page, (int)Math.Min(MaxPages, block.PageCount - page));
                for (int i = 0; i < run.PageCount; i++)
                {
                    if (run.IsZero)
                        census.Note(0, block.Index, page + i, RamRecordKind.ZeroPage, default);
                    else
                        census.Note(0, block.Index, page + i, RamRecordKind.Page, run.Bytes.Slice(i * RamBlock.PageSize, RamBlock.PageSize));
                }
                page += run.PageCount;
            }
        }
        return new RamSurvey(census);
    }
}
