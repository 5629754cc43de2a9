using System.Numerics;

namespace Savevm.Wire.Ram;

/// <summary>The legal primary flags. A record has exactly one of them, and perhaps CONTINUE.</summary>
public static class RamFlagTable
{
    /// <summary>The bits of a record's word that are flags: those below a target page of 4096 bytes.</summary>
    public const ulong FlagMask = 0xfff;

    /// <summary>
    /// The bits among them that no flag has. Set in a page's record they are a part of its address: the target's pages are smaller than 4096 bytes.
    /// </summary>
    public const ulong UnusedFlags = 0xc00;

    private static readonly RamFlagRow[] Legal =
    [
        new(RamFlags.Zero, "ZERO", RamRecordKind.ZeroPage, NamesPage: true),
        new(RamFlags.MemSize, "MEM_SIZE", RamRecordKind.MemorySize, NamesPage: false),
        new(RamFlags.Page, "PAGE", RamRecordKind.Page, NamesPage: true),
        new(RamFlags.Eos, "EOS", RamRecordKind.EndOfSection, NamesPage: false),
        new(RamFlags.Xbzrle, "XBZRLE", RamRecordKind.Xbzrle, NamesPage: true),
        new(RamFlags.Hook, "HOOK", RamRecordKind.Hook, NamesPage: false),
        new(RamFlags.CompressPage, "COMPRESS_PAGE", RamRecordKind.CompressedPage, NamesPage: true),
        new(RamFlags.MultifdFlush, "MULTIFD_FLUSH", RamRecordKind.MultifdFlush, NamesPage: false),
    ];

    private static readonly RamFlagRow?[] ByBit = MakeIndex();

    /// <summary>All legal primary flags.</summary>
    public static IReadOnlyList<RamFlagRow> Rows => Legal;

    /// <summary>The row of a record's flags; null when they are not exactly one primary flag with or without CONTINUE.</summary>
    public static RamFlagRow? Find(RamFlags flags)
    {
        ulong primary = (ulong)(flags & ~RamFlags.Continue);
        return primary <= FlagMask && BitOperations.IsPow2(primary) ? ByBit[BitOperations.TrailingZeroCount(primary)] : null;
    }

    private static RamFlagRow?[] MakeIndex()
    {
        var index = new RamFlagRow?[BitOperations.PopCount(FlagMask)];
        foreach (RamFlagRow row in Legal)
            index[BitOperations.TrailingZeroCount((ulong)row.Flag)] = row;
        return index;
    }
}
