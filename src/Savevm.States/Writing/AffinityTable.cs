using System.Buffers.Binary;
using Savevm.Machine.Ram;

namespace Savevm.States.Writing;

/// <summary>
/// The ACPI table (SRAT) in which QEMU tells the guest which memory belongs to which node. A machine that has several nodes, or room for more
/// memory, has one, and its bytes travel with the RAM, in a block that the guest cannot write to: so it says whether memory above 4 GiB begins
/// there or, to leave AMD's HyperTransport addresses free, at 1 TiB.
/// </summary>
internal static class AffinityTable
{
    private const string Tables = "/rom@etc/acpi/tables";
    private const int MaxTablesBytes = 8 << 20;
    private const int HeaderBytes = 48, LengthAt = 4, RevisionAt = 8, EntryBytes = 40;
    private const byte Memory = 1;
    private const uint Enabled = 1, Hotpluggable = 2;
    private const long FourGiB = 1L << 32, OneTiB = 1L << 40;

    /// <summary>Where memory above 4 GiB begins; null where no table says it.</summary>
    internal static long? FindHighStart(IRamSource ram)
    {
        if (ram.Blocks.FirstOrDefault(block => block.IdStr == Tables) is not { } block || block.UsedLength > MaxTablesBytes)
            return null;
        byte[] tables = Read(ram, block);
        for (int at = 0; ;)
        {
            int next = tables.AsSpan(at).IndexOf("SRAT"u8);
            if (next < 0)
                return null;
            at += next;
            if (FindIn(tables.AsSpan(at)) is { } start)
                return start;
            at++;
        }
    }

    /// <summary>The first address from 4 GiB on of memory that was there from the start; null where this is no such table, or has none.</summary>
    internal static long? FindIn(ReadOnlySpan<byte> table)
    {
        if (table.Length < HeaderBytes)
            return null;
        int length = BinaryPrimitives.ReadInt32LittleEndian(table[LengthAt..]);
        if (length < HeaderBytes || length > table.Length || table[RevisionAt] is 0 or > 3)
            return null;
        long? start = null;
        int at = HeaderBytes;
        while (at + 2 <= length && table[at + 1] is >= 2 and byte bytes && at + bytes <= length)
        {
            ReadOnlySpan<byte> entry = table.Slice(at, bytes);
            if (entry[0] == Memory && bytes == EntryBytes
                && (BinaryPrimitives.ReadUInt32LittleEndian(entry[28..]) & (Enabled | Hotpluggable)) == Enabled)
            {
                long address = BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);
                if (address >= FourGiB && (start is null || address < start))
                    start = address;
            }
            at += bytes;
        }
        // What does not end where it says is something else that begins with these letters.
        return at == length && start is FourGiB or OneTiB ? start : null;
    }

    private static byte[] Read(IRamSource ram, RamBlock block)
    {
        byte[] bytes = new byte[block.UsedLength];
        using IPageReader reader = ram.OpenReader();
        for (long page = 0; page < block.PageCount;)
        {
            PageRun run = reader.Read(block.Index, page, (int)Math.Min(PageCopy.PagesPerRead, block.PageCount - page));
            if (!run.IsZero)
                run.Bytes.CopyTo(bytes.AsSpan((int)(page * RamBlock.PageSize)));
            page += run.PageCount;
        }
        return bytes;
    }
}
