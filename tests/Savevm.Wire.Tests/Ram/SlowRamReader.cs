using System.Text;
using Savevm.Wire.Ram;

namespace Savevm.Wire.Tests.Ram;

/// <summary>
/// A second reader of RAM records, written from the specification alone: one byte after the other, one test per sentence.
/// Slow and obvious; the real reader must agree with it on everything.
/// </summary>
internal static class SlowRamReader
{
    internal enum Outcome
    {
        Record,
        NeedsMore,
        Defect,
    }

    internal sealed record Result(
        Outcome Outcome, RamRecordKind Kind, ulong Address, bool Continues, string Name, int HeaderBytes, long DefectAt)
    {
        internal static readonly Result NeedsMore = new(Outcome.NeedsMore, default, 0, false, "", 0, 0);

        internal static Result DefectIn(long at) => new(Outcome.Defect, default, 0, false, "", 0, at);
    }

    internal static Result Read(byte[] bytes)
    {
        if (bytes.Length < 8)
            return Result.NeedsMore;
        ulong word = 0;
        for (int i = 0; i < 8; i++)
            word = (word * 256) + bytes[i];
        ulong flags = word % 4096;
        ulong address = word - flags;
        bool continues = flags / 32 % 2 == 1;
        if (continues)
            flags -= 32;
        RamRecordKind kind;
        if (flags == 2)
            kind = RamRecordKind.ZeroPage;
        else if (flags == 4)
            kind = RamRecordKind.MemorySize;
        else if (flags == 8)
            kind = RamRecordKind.Page;
        else if (flags == 16)
            kind = RamRecordKind.EndOfSection;
        else if (flags == 64)
            kind = RamRecordKind.Xbzrle;
        else if (flags == 128)
            kind = RamRecordKind.Hook;
        else if (flags == 256)
            kind = RamRecordKind.CompressedPage;
        else if (flags == 512)
            kind = RamRecordKind.MultifdFlush;
        else
            return Result.DefectIn(0);
        bool isPage = kind is RamRecordKind.ZeroPage or RamRecordKind.Page or RamRecordKind.Xbzrle or RamRecordKind.CompressedPage;
        if (isPage && address >= WireLimits.MaxRamBytes)
            return Result.DefectIn(0);
        if (kind == RamRecordKind.MemorySize && address > WireLimits.MaxRamBytes)
            return Result.DefectIn(0);
        int at = 8;
        var name = new StringBuilder();
        if (isPage && !continues)
        {
            if (at == bytes.Length)
                return Result.NeedsMore;
            int length = bytes[at];
            if (length == 0)
                return Result.DefectIn(at);
            at++;
            for (int i = 0; i < length; i++, at++)
            {
                if (at == bytes.Length)
                    return Result.NeedsMore;
                if (bytes[at] < 0x20 || bytes[at] > 0x7e)
                    return Result.DefectIn(at);
                name.Append((char)bytes[at]);
            }
        }
        if (kind == RamRecordKind.ZeroPage)
        {
            if (at == bytes.Length)
                return Result.NeedsMore;
            if (bytes[at] != 0)
                return Result.DefectIn(at);
            at++;
        }
        return new Result(Outcome.Record, kind, address, continues, name.ToString(), at, 0);
    }
}
