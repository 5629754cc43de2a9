using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Savevm.Machine.Ram;
using Savevm.Machine.Ram.Compression;
using Savevm.Machine.Ram.Xbzrle;
using Savevm.Wire.Forward;
using Savevm.Wire.Multifd;
using Savevm.Wire.Ram;

namespace Savevm.Machine.Tests.Ram;

/// <summary>
/// Pages that real QEMUs packed. The guest is that of <c>Golden/guest.S</c> beside the tests of Savevm.Wire: sixteen pages of text of
/// which the first ten change, and nothing else but what the firmware and QEMU put there.
/// </summary>
public class QemuVectorTests
{
    private const int Page = RamBlock.PageSize;
    private const int FirstText = 0x20;
    private const int TextPages = 16;
    private const int ChangingPages = 10;

    [Fact]
    public void Differences_are_applied_and_would_have_been_written_equal()
    {
        var pages = new Dictionary<string, byte[]>();
        int differences = 0;
        int changed = 0;
        ForEachPage("q100-xbzrle.stream.gz", (name, record, payload, offset) =>
        {
            if (record == RamRecordKind.ZeroPage) pages[name] = new byte[Page];
            else if (record == RamRecordKind.Page) pages[name] = payload;
            else
            {
                Assert.Equal(RamRecordKind.Xbzrle, record);
                byte[] before = pages[name];
                byte[] now = [.. before];
                Assert.True(XbzrleDecoder.TryDecode(payload, now, out _), $"{name} at 0x{offset:x}");
                byte[] encoded = new byte[Page];
                int length = XbzrleEncoder.Encode(before, now, encoded);
                Assert.Equal(payload, encoded[..length]);
                pages[name] = now;
                differences++;
                changed += before.Zip(now).Count(pair => pair.First != pair.Second);
            }
        });
        Assert.InRange(differences, 40, 80);
        Assert.InRange(changed, differences, differences * Page);
        AssertText(page => pages[$"pc.ram 0x{page * Page:x}"]);
    }

    [Fact]
    public void Compressed_pages_are_unpacked()
    {
        var pages = new Dictionary<string, byte[]>();
        int compressed = 0;
        ForEachPage("q72-compress.stream.gz", (name, record, payload, offset) =>
        {
            byte[] page = new byte[Page];
            if (record == RamRecordKind.Page) page = payload;
            else if (record == RamRecordKind.CompressedPage)
            {
                ZlibPage.Decode(payload, offset, page);
                compressed++;
            }
            pages[name] = page;
        });
        Assert.InRange(compressed, TextPages, 64);
        AssertText(page => pages[$"pc.ram 0x{page * Page:x}"]);
    }

    [Theory]
    [InlineData("q72-multifd-none", MultifdCompression.None)]
    [InlineData("q72-multifd-zlib", MultifdCompression.Zlib)]
    [InlineData("q72-multifd-zstd", MultifdCompression.Zstd)]
    [InlineData("q100-multifd-none", MultifdCompression.None)]
    [InlineData("q100-multifd-zlib", MultifdCompression.Zlib)]
    [InlineData("q100-multifd-zstd", MultifdCompression.Zstd)]
    public void Payloads_of_channels_are_unpacked(string name, MultifdCompression compression)
    {
        // A page may come twice, over either channel; the numbers of the packets tell which was later.
        var pages = new Dictionary<string, (ulong Number, byte[] Content)>();
        foreach (string channel in new[] { ".channel0.gz", ".channel1.gz" })
        {
            byte[] bytes = Load(name + channel);
            using IPayloadDecoder decoder = CompressionTable.Find(compression).CreateDecoder!();
            for (int at = MultifdInitialPacket.PacketBytes; at < bytes.Length;)
            {
                Assert.True(MultifdPacketReader.TryRead(bytes.AsSpan(at), at, out MultifdPacket packet, out int consumed));
                at += consumed;
                if (packet.PayloadBytes > 0)
                {
                    Assert.Equal(compression, packet.Compression);
                    byte[] content = new byte[packet.NormalPages * Page];
                    decoder.Decode(bytes.AsSpan(at, packet.PayloadBytes), at, content);
                    for (int i = 0; i < packet.NormalPages; i++)
                    {
                        string page = $"{Encoding.ASCII.GetString(packet.Name)} 0x{packet.GetNormalAddress(i):x}";
                        if (!pages.TryGetValue(page, out var known) || known.Number < packet.Number)
                            pages[page] = (packet.Number, content.AsSpan(i * Page, Page).ToArray());
                    }
                    at += packet.PayloadBytes;
                }
            }
        }
        AssertText(page => pages[$"pc.ram 0x{page * Page:x}"].Content);
        Assert.Equal("RSD PTR ", Encoding.ASCII.GetString(pages["/rom@etc/acpi/rsdp 0x0"].Content.AsSpan(0, 8)));
    }

    /// <summary>The text is there; in the pages that change, only where the guest counts it may be other.</summary>
    private static void AssertText(Func<int, byte[]> pageOf)
    {
        for (int number = 0; number < TextPages; number++)
        {
            string text = string.Concat(Enumerable.Repeat($"page {(char)('a' + number)} of the guest, ", 300));
            byte[] expected = Encoding.ASCII.GetBytes(text[..Page]);
            byte[] page = pageOf(FirstText + number);
            int different = expected.Zip(page).Count(pair => pair.First != pair.Second);
            int most = number < 8 ? 4 : number == 8 ? Page / 16 : number < ChangingPages ? Page / 2 : 0;
            Assert.InRange(different, number < ChangingPages ? 1 : 0, most);
        }
    }

    private static void ForEachPage(string name, Action<string, RamRecordKind, byte[], long> visit)
    {
        byte[] stream = Load(name);
        int at = stream.AsSpan().IndexOf("\x03ram"u8) - 5;
        Assert.True(ForwardReader.TryReadSectionHeader(stream.AsSpan(at), at, out SectionHeader header, out int consumed));
        at += consumed;
        string? block = null;
        while (true)
        {
            Assert.True(RamRecordReader.TryRead(stream.AsSpan(at), at, out RamRecord record, out int headerBytes));
            at += headerBytes;
            if (record.Kind == RamRecordKind.EndOfSection)
            {
                at += 5;
                if (stream[at] is not ((byte)SectionType.Part or (byte)SectionType.End)) return;
                Assert.Equal(header.SectionId, BinaryPrimitives.ReadUInt32BigEndian(stream.AsSpan(at + 1)));
                at += 5;
            }
            else if (record.Kind == RamRecordKind.MemorySize)
            {
                // Six blocks, none of which has anything but a name and a length.
                for (int i = 0; i < 6; i++) at += 1 + stream[at] + 8;
            }
            else
            {
                if (!record.Continues) block = Encoding.ASCII.GetString(record.BlockName);
                Assert.True(RamPayloadReader.TryRead(record.Kind, stream.AsSpan(at), at, out ReadOnlySpan<byte> payload, out consumed));
                visit($"{block} 0x{record.Address:x}", record.Kind, payload.ToArray(), at);
                at += consumed;
            }
        }
    }

    private static byte[] Load(string name)
    {
        using Stream stored = typeof(QemuVectorTests).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var unpacked = new GZipStream(stored, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        return bytes.ToArray();
    }
}
