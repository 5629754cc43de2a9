using System.Buffers.Binary;
using Savevm.Fuzz.Engine;
using Savevm.Machine.Ram.Xbzrle;
using Savevm.Machine.Tests.Ram.Xbzrle;
using Savevm.Wire;
using Savevm.Wire.Dialects;
using Savevm.Wire.Ram;

namespace Savevm.Fuzz.Targets;

/// <summary>RAM on the main stream: records with their payloads, the block list, XBZRLE, mapped-ram and its bitmaps.</summary>
internal static class RamTargets
{
    private const ulong AllRam = 1UL << 40;

    public static IEnumerable<FuzzTarget> Rows =>
    [
        new("ram-records", "RAM records and the lengths of their payloads", Records, Seeds.RamRecords) { MaxBytes = 8192 },
        new("ram-setup", "the block list in each dialect", Setup, Seeds.RamSetups),
        new("xbzrle", "XBZRLE, beside a slow twin", Xbzrle, Seeds.Xbzrle),
        new("mapped-ram", "places of blocks in mapped-ram files", MappedRam, Seeds.MappedRam) { MaxBytes = 256 },
        new("page-bits", "bitmaps of pages, beside a slow twin", Bits, () => [[1, 0xff, 0, 0x81], [63, .. Enumerable.Repeat((byte)0xff, 40)]]) { MaxBytes = 256 },
    ];

    private static void Records(ReadOnlySpan<byte> input)
    {
        if (input.Length == 0)
            return;
        int cut = input[^1];
        StreamDialect dialect = (input[0] & 1) != 0 ? new StreamDialect { AcceptsFillBytes = true } : StreamDialect.Default;
        input = input[1..];
        while (true)
        {
            int head = Promise.Element(
                "RAM record",
                input,
                (ReadOnlySpan<byte> window, long offset, out int consumed) => RamRecordReader.TryRead(window, offset, dialect, out _, out consumed),
                dialect.AcceptsFillBytes ? null : RewriteRecord,
                cut);
            if (head == 0)
                return;
            RamRecordReader.TryRead(input, 0, dialect, out RamRecord record, out _);
            RamRecordKind kind = record.Kind;
            // Marks have an address as well, which nobody looks at.
            bool isPage = kind is RamRecordKind.Page or RamRecordKind.Xbzrle or RamRecordKind.CompressedPage;
            if (isPage || kind is RamRecordKind.ZeroPage or RamRecordKind.MemorySize)
                Promise.That(record.Address <= WireLimits.MaxRamBytes && record.Address % 4096 == 0, "RAM record: an address of a page");
            input = input[head..];
            if (!isPage)
                continue;
            int payload = Promise.Element(
                "RAM payload",
                input,
                (ReadOnlySpan<byte> window, long offset, out int consumed) => RamPayloadReader.TryRead(kind, window, offset, out _, out consumed),
                null,
                cut);
            if (payload == 0)
                return;
            input = input[payload..];
        }
    }

    private static void RewriteRecord(ReadOnlySpan<byte> window, WireWriter writer)
    {
        RamRecordReader.TryRead(window, 0, out RamRecord record, out _);
        Span<byte> head = stackalloc byte[RamRecordWriter.MaxPageHeaderBytes + 8];
        switch (record.Kind)
        {
            case RamRecordKind.EndOfSection:
            case RamRecordKind.MultifdFlush:
            case RamRecordKind.MemorySize:
            case RamRecordKind.Hook:
                // Nothing but the word; for two of them its address has no meaning.
                writer.WriteBytes(window[..sizeof(ulong)]);
                return;
            case RamRecordKind.ZeroPage:
                writer.WriteBytes(head[..RamRecordWriter.WriteZeroPage(head, record.Address, record.BlockName)]);
                return;
            case RamRecordKind.Page:
                writer.WriteBytes(head[..RamRecordWriter.WritePageHeader(head, record.Address, record.BlockName)]);
                return;
            case RamRecordKind.Xbzrle:
                // Encoding and length are the payload's.
                writer.WriteBytes(head[..(RamRecordWriter.WriteXbzrleHeader(head, record.Address, record.BlockName, 1) - 3)]);
                return;
            default:
                writer.WriteBytes(head[..(RamRecordWriter.WriteCompressedHeader(head, record.Address, record.BlockName, 1) - 4)]);
                return;
        }
    }

    private static void Setup(ReadOnlySpan<byte> input)
    {
        if (input.Length < 2)
            return;
        int cut = input[^1];
        var dialect = new StreamDialect
        {
            HasPostcopyPageSizes = (input[0] & 1) != 0,
            HasGuestAddresses = (input[0] & 2) != 0,
            HasMappedRam = (input[0] & 4) != 0,
            TargetPageBits = (input[0] & 8) != 0 ? 16 : 12,
        };
        ulong remaining = (input[0] & 16) != 0 ? AllRam : 0x8000000;
        input = input[1..];
        while (input.Length > 0 && remaining > 0)
        {
            int consumed = Promise.Element(
                "RAM block",
                input,
                (ReadOnlySpan<byte> window, long offset, out int bytes) => RamSetupReader.TryReadBlock(window, offset, dialect, remaining, out _, out bytes),
                null,
                cut);
            if (consumed == 0)
                return;
            RamSetupReader.TryReadBlock(input, 0, dialect with { HasMappedRam = false }, remaining, out RamSetupBlock? block, out _);
            Promise.That(block!.UsedLength > 0 && block.UsedLength <= remaining, "RAM block: is not longer than all");
            Promise.That(ulong.IsPow2(block.PageSize) && block.UsedLength % block.PageSize == 0, "RAM block: whole pages", $"{block}");
            if (!dialect.HasMappedRam)
            {
                var writer = new WireWriter();
                RamRecordWriter.WriteSetupBlock(writer, block, dialect);
                // A page size that is the target's need not be said, and is not by the writer.
                Promise.That(
                    writer.WrittenSpan.SequenceEqual(input[..consumed]) || dialect.HasPostcopyPageSizes,
                    "RAM block: is written as it was read");
            }
            remaining -= block.UsedLength;
            input = input[consumed..];
        }
    }

    private static void Xbzrle(ReadOnlySpan<byte> input)
    {
        if (input.Length < 2)
            return;
        int bytes = (input[0] & 7) switch { 0 => 64, 1 => 128, 2 => 100, 3 => 1, 4 => 4096, 5 => 512, 6 => 192, _ => 4032 };
        byte[] before = new byte[bytes];
        var random = new FuzzRandom(input[1]);
        for (int i = 0; i < bytes && input[1] != 0; i++)
            before[i] = (byte)random.Next();
        ReadOnlySpan<byte> difference = input[2..];
        byte[] page = [.. before];
        bool isDecoded = XbzrleDecoder.TryDecode(difference, page, out int defectAt);
        byte[]? slow = SlowXbzrle.Decode(difference.ToArray(), before);
        Promise.That(isDecoded == slow is not null, "XBZRLE: both decoders accept the same", $"{isDecoded}");
        Promise.That(isDecoded || (defectAt >= 0 && defectAt <= difference.Length), "XBZRLE: a defect lies in the difference", $"{defectAt}");
        if (!isDecoded)
            return;
        Promise.That(page.AsSpan().SequenceEqual(slow), "XBZRLE: both decoders make the same page");
        if (bytes % 64 != 0)
            return;
        byte[] encoded = new byte[bytes];
        int written = XbzrleEncoder.Encode(before, page, encoded);
        byte[]? slowEncoded = SlowXbzrle.Encode(before, page, bytes);
        Promise.That(
            written == XbzrleEncoder.Overflow ? slowEncoded is null : encoded.AsSpan(0, written).SequenceEqual(slowEncoded),
            "XBZRLE: both encoders write the same", $"{written}, {slowEncoded?.Length}");
        if (written < 0)
            return;
        Promise.That(
            XbzrleDecoder.TryDecode(encoded.AsSpan(0, written), before, out _) && before.AsSpan().SequenceEqual(page), "XBZRLE: what is encoded decodes");
    }

    private static void MappedRam(ReadOnlySpan<byte> input)
    {
        if (input.Length < 16)
            return;
        long position = (long)(BinaryPrimitives.ReadUInt64BigEndian(input) & (WireLimits.MaxFilePosition - 1));
        ulong usedLength = BinaryPrimitives.ReadUInt64BigEndian(input[8..]) & (WireLimits.MaxRamBytes - 1) & ~0xfffUL;
        try
        {
            if (!MappedRamHeader.TryRead(input[16..], position, usedLength, StreamDialect.Default, out MappedRamHeader header))
                return;
            var writer = new WireWriter();
            header.Write(writer, StreamDialect.Default);
            Promise.That(input[16..].StartsWith(writer.WrittenSpan), "mapped-ram: is written as it was read");
            ulong next = header.GetNextPosition((ulong)position, usedLength);
            Promise.That(next >= (ulong)position + MappedRamHeader.HeaderBytes && next <= long.MaxValue, "mapped-ram: the stream goes on behind it", $"{next:x}");
        }
        catch (WireException e)
        {
            Promise.That(e.Offset >= position && e.Offset < position + MappedRamHeader.HeaderBytes, "mapped-ram: names a place in the header", e.Message);
        }
        MappedRamHeader place = MappedRamHeader.Place((ulong)position, usedLength);
        var own = new WireWriter();
        place.Write(own, StreamDialect.Default);
        Promise.That(
            place.PagesPosition > WireLimits.MaxFilePosition
                || (MappedRamHeader.TryRead(own.WrittenSpan, position, usedLength, StreamDialect.Default, out MappedRamHeader same) && same == place),
            "mapped-ram: our own place is read");
    }

    private static void Bits(ReadOnlySpan<byte> input)
    {
        if (input.Length < 2)
            return;
        ReadOnlySpan<byte> bitmap = input[1..];
        long pages = Math.Min((long)bitmap.Length * 8, (bitmap.Length * 8L) - 8 + (input[0] & 7));
        long set = 0;
        long from = 0;
        long last = -1;
        while (PageBits.TryFindRun(bitmap, pages, ref from, out long first, out long count))
        {
            Promise.That(first > last && count > 0 && first + count <= pages, "bits: runs go forward", $"{first} + {count} of {pages}");
            for (long page = last + 1; page < first; page++)
                Promise.That((bitmap[(int)(page / 8)] & (1 << (int)(page % 8))) == 0, "bits: none between the runs");
            for (long page = first; page < first + count; page++)
                Promise.That(PageBits.IsSet(bitmap, page) && (bitmap[(int)(page / 8)] & (1 << (int)(page % 8))) != 0, "bits: all in a run");
            set += count;
            last = first + count;
            Promise.That(last == pages || !PageBits.IsSet(bitmap, last), "bits: a run ends where it ends");
        }
        Promise.That(PageBits.CountSet(bitmap, pages) == set, "bits: the count is that of the runs");
    }
}
