using System.Numerics;
using Savevm.Wire.Dialects;

namespace Savevm.Wire.Ram;

/// <summary>All flags, current and historic. A record has exactly one that makes a record, and perhaps CONTINUE.</summary>
public static class RamFlagTable
{
    /// <summary>The bits of a record's word that are flags: those below a target page of 4096 bytes.</summary>
    public const ulong FlagMask = 0xfff;

    /// <summary>
    /// The bits among them that no flag has. Set in a page's record they are a part of its address: the target's pages are smaller than 4096 bytes.
    /// </summary>
    public const ulong UnusedFlags = 0xc00;

    // FULL was given up in 2009. The last release before version 4 of the section is 0.12.
    private static readonly RamFlagRow[] All =
    [
        new(RamFlags.Full, "FULL", null, NamesPage: false, Last: new QemuRelease(0, 12)),
        new(RamFlags.Zero, "ZERO", RamRecordKind.ZeroPage, NamesPage: true),
        new(RamFlags.MemSize, "MEM_SIZE", RamRecordKind.MemorySize, NamesPage: false),
        new(RamFlags.Page, "PAGE", RamRecordKind.Page, NamesPage: true),
        new(RamFlags.Eos, "EOS", RamRecordKind.EndOfSection, NamesPage: false),
        new(RamFlags.Continue, "CONTINUE", null, NamesPage: false),
        new(RamFlags.Xbzrle, "XBZRLE", RamRecordKind.Xbzrle, NamesPage: true, First: new QemuRelease(1, 2)),
        new(RamFlags.Hook, "HOOK", RamRecordKind.Hook, NamesPage: false, First: new QemuRelease(1, 6)),
        new(
            RamFlags.CompressPage, "COMPRESS_PAGE", RamRecordKind.CompressedPage, NamesPage: true,
            First: new QemuRelease(2, 4), Last: new QemuRelease(9, 0)),
        new(RamFlags.MultifdFlush, "MULTIFD_FLUSH", RamRecordKind.MultifdFlush, NamesPage: false, First: new QemuRelease(8, 1)),
    ];

    private static readonly RamFlagRow?[] ByBit = MakeIndex();

    /// <summary>All flags, by their bit.</summary>
    public static IReadOnlyList<RamFlagRow> Rows => All;

    /// <summary>The row of a record's flags; null when they are not exactly one that makes a record with or without CONTINUE.</summary>
    public static RamFlagRow? Find(RamFlags flags)
    {
        ulong primary = (ulong)(flags & ~RamFlags.Continue);
        return primary <= FlagMask && BitOperations.IsPow2(primary) ? ByBit[BitOperations.TrailingZeroCount(primary)] : null;
    }

    /// <summary>The names of flags, for messages: <c>FULL|CONTINUE</c>; bits without a name as a number.</summary>
    public static string Describe(RamFlags flags)
    {
        var names = new List<string>();
        foreach (RamFlagRow row in All)
        {
            if ((flags & row.Flag) != 0)
                names.Add(row.Name);
            flags &= ~row.Flag;
        }
        if (flags != 0)
            names.Add($"0x{(ulong)flags:x}");
        return names.Count == 0 ? "none" : string.Join('|', names);
    }

    private static RamFlagRow?[] MakeIndex()
    {
        var index = new RamFlagRow?[BitOperations.PopCount(FlagMask)];
        foreach (RamFlagRow row in All)
        {
            if (row.Kind is not null)
                index[BitOperations.TrailingZeroCount((ulong)row.Flag)] = row;
        }
        return index;
    }
}
