using Savevm.Wire.Multifd;

namespace Savevm.Migration.Pages.Multifd;

/// <summary>Pages of one block that one channel is to read and send: at most as many as a packet takes. Owned by one thread at a time.</summary>
internal sealed class PageBatch
{
    private readonly long[] first = new long[MultifdPacket.MaxPages];
    private readonly int[] count = new int[MultifdPacket.MaxPages];

    /// <summary>The block of all pages.</summary>
    public int BlockIndex { get; private set; }

    /// <summary>Number of runs.</summary>
    public int Runs { get; private set; }

    /// <summary>Number of pages.</summary>
    public int Pages { get; private set; }

    /// <summary>Nothing more fits.</summary>
    public bool IsFull => Pages == MultifdPacket.MaxPages;

    /// <summary>First page of a run.</summary>
    public long First(int run) => first[run];

    /// <summary>Pages of a run.</summary>
    public int Count(int run) => count[run];

    /// <summary>Begins anew.</summary>
    public void Begin(int blockIndex) => (BlockIndex, Runs, Pages) = (blockIndex, 0, 0);

    /// <summary>Adds as many pages of a run as there is room for; returns how many.</summary>
    public int Add(long firstPage, int pages)
    {
        var taken = Math.Min(pages, MultifdPacket.MaxPages - Pages);
        if (Runs > 0 && first[Runs - 1] + count[Runs - 1] == firstPage)
        {
            count[Runs - 1] += taken;
        }
        else
        {
            first[Runs] = firstPage;
            count[Runs++] = taken;
        }
        Pages += taken;
        return taken;
    }
}
