using System.Text;
using Savevm.Fuzz.Engine;
using Savevm.Machine.Ram;
using Savevm.Machine.Ram.Compression;
using Savevm.Repository.Snapshots;
using Savevm.Wire;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Multifd;
using Savevm.Wire.Ram;
using Savevm.Wire.ReturnPath;

namespace Savevm.Fuzz.Targets;

/// <summary>Legal inputs: small ones of our own writers, and parts of what real QEMUs wrote.</summary>
internal static partial class Seeds
{
    private const int PageBytes = 4096;

    public static IReadOnlyList<StoredRamBlock> Blocks { get; } =
    [
        new(new RamBlock(0, "pc.ram", 64 * PageBytes), 8 * PageBytes, 0x1122334455667788),
        new(new RamBlock(1, "0000:00:02.0/vga.vram", 16 * PageBytes), 0, 7),
    ];

    public static IEnumerable<byte[]> Texts(params string[] hex) => hex.Select(Convert.FromHexString);

    public static IEnumerable<byte[]> Lines(params string[] texts) => texts.Select(Encoding.Latin1.GetBytes);

    public static IEnumerable<byte[]> ForwardElements()
    {
        yield return Written(writer =>
        {
            ForwardWriter.WriteHeader(writer);
            ForwardWriter.WriteConfiguration(
                writer, ConfigurationRecord.Create("pc", ["x-ignore-shared", "mapped-ram"], 12, Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")));
            ForwardWriter.WriteSectionStart(writer, SectionType.Start, 2, "ram", 0, 4);
            ForwardWriter.WriteFooter(writer, 2);
            ForwardWriter.WriteSectionPart(writer, SectionType.Part, 2);
            ForwardWriter.WriteSectionPart(writer, SectionType.End, 2);
            ForwardWriter.WriteSectionStart(writer, SectionType.Full, 17, "0000:00:01.1/ide", 1, 3);
            ForwardWriter.WriteEndOfFile(writer);
            ForwardWriter.WriteDescription(writer, "{}");
        });
        yield return Written(writer =>
        {
            ForwardWriter.WriteCommand(writer, CommandType.OpenReturnPath);
            ForwardWriter.WritePing(writer, 1);
            ForwardWriter.WriteCommand(writer, CommandType.PostcopyAdvise, new PostcopyAdvise(0x1000, 0x1000).ToPayload());
            ForwardWriter.WriteCommand(
                writer, CommandType.PostcopyRamDiscard, new RamDiscard("pc.ram", [new RamRange(0x1000, 0x2000), new RamRange(0x10000, 0x1000)]).ToPayload());
            ForwardWriter.WriteCommand(writer, CommandType.PostcopyListen);
            ForwardWriter.WriteRecvBitmap(writer, "pc.ram");
            ForwardWriter.WritePackagedHeader(writer, 77);
            ForwardWriter.WriteCommand(writer, CommandType.PostcopyRun);
            ForwardWriter.WriteCommand(writer, CommandType.SwitchoverStart);
            ForwardWriter.WriteCommand(writer, CommandType.EnableColo);
            ForwardWriter.WriteCommand(writer, CommandType.PostcopyResume);
        });
    }

    public static IEnumerable<byte[]> DeviceSections()
    {
        foreach (Action<WireWriter> successor in (Action<WireWriter>[])
            [
                writer => ForwardWriter.WriteSectionStart(writer, SectionType.Full, 3, "cpu", 0, 12),
                writer => ForwardWriter.WriteSectionPart(writer, SectionType.Part, 1),
                writer => ForwardWriter.WritePing(writer, 1),
                writer =>
                {
                    ForwardWriter.WriteEndOfFile(writer);
                    ForwardWriter.WriteDescription(writer, "{}");
                },
            ])
        {
            yield return Written(writer =>
            {
                writer.WriteBytes([6, 0]);
                writer.WriteBytes("body\x7e\0\0\0\x02\xff\x7e\0\0body"u8);
                ForwardWriter.WriteFooter(writer, 2);
                successor(writer);
            });
        }
    }

    public static IEnumerable<byte[]> Subsections() =>
    [
        Written(writer =>
        {
            writer.WriteBytes("\x05\x05xx"u8);
            SubsectionReader.Write(writer, "ide_drive/pio_state", 1);
            writer.WriteBytes([1, 2, 3]);
            SubsectionReader.Write(writer, "ide_drive/tray_state", 2);
        }),
    ];

    public static IEnumerable<byte[]> RamRecords()
    {
        yield return Written(writer =>
        {
            writer.WriteByte(0);
            Span<byte> head = stackalloc byte[RamRecordWriter.MaxPageHeaderBytes + 8];
            writer.WriteBytes(head[..RamRecordWriter.WriteZeroPage(head, 0x1000, "pc.ram"u8)]);
            writer.WriteBytes(head[..RamRecordWriter.WriteZeroPage(head, 0x2000, [])]);
            writer.WriteBytes(head[..RamRecordWriter.WriteXbzrleHeader(head, 0, [], 3)]);
            writer.WriteBytes([0, 1, 7]);
            writer.WriteBytes(head[..RamRecordWriter.WriteCompressedHeader(head, 0x3000, [], 2)]);
            writer.WriteBytes([0x78, 0x01]);
            RamRecordWriter.WriteMultifdFlush(writer);
            writer.WriteBytes(head[..RamRecordWriter.WritePageHeader(head, 0x5000, "x"u8)]);
            writer.WriteBytes(new byte[PageBytes]);
            writer.WriteBytes(head[..RamRecordWriter.WritePageHeader(head, 0x6000, [])]);
            writer.WriteBytes(new byte[64]);
        });
        yield return Written(writer =>
        {
            writer.WriteByte(1);
            writer.WriteUInt64(0x4002);
            writer.WriteCountedString("m"u8);
            writer.WriteByte(0xff);
            RamRecordWriter.WriteEndOfSection(writer);
        });
    }

    public static IEnumerable<byte[]> RamSetups()
    {
        RamSetupBlock[] blocks = [new("pc.ram", 0x4000000, 0x200000), new("m", 0x10000, 0x1000)];
        for (byte flags = 0; flags < 8; flags++)
        {
            var dialect = new StreamDialect { HasPostcopyPageSizes = (flags & 1) != 0, HasGuestAddresses = (flags & 2) != 0, HasMappedRam = (flags & 4) != 0 };
            byte number = flags;
            yield return Written(writer =>
            {
                writer.WriteByte(number);
                foreach (RamSetupBlock block in blocks)
                {
                    var placed = new MappedRamHeader((ulong)Promise.Offset + 0x1000, (ulong)Promise.Offset + 0x100000);
                    RamRecordWriter.WriteSetupBlock(writer, block with { GuestAddress = 0x100000, MappedRam = placed }, dialect);
                }
            });
        }
    }

    public static IEnumerable<byte[]> MappedRam() =>
    [
        Written(writer =>
        {
            writer.WriteUInt64(0x1000);
            writer.WriteUInt64(0x4000000);
            MappedRamHeader.Place(0x1000, 0x4000000).Write(writer, StreamDialect.Default);
        }),
    ];

    public static IEnumerable<byte[]> Xbzrle()
    {
        yield return [4, 1, 0, 3, 7, 8, 9, 0x85, 0x01, 2, 4, 5];
        yield return [0, 0, 5, 1, 0xff];
        yield return [1, 9, 0, 0x80, 0x01, .. Enumerable.Range(0, 128).Select(value => (byte)value)];
    }

    public static IEnumerable<byte[]> ZlibPages()
    {
        foreach (byte[] page in Pages())
        {
            byte[] packed = new byte[WireLimits.MaxEncodedPageBytes];
            int written = ZlibPage.Encode(page, packed);
            if (written > 0)
                yield return packed[..written];
        }
    }

    /// <summary>Three packets of one stream, in the form that the target takes.</summary>
    public static IEnumerable<byte[]> Payloads(MultifdCompression compression)
    {
        using IPayloadEncoder encoder = CompressionTable.Find(compression).CreateEncoder!();
        var writer = new WireWriter();
        byte[] packed = new byte[1 << 16];
        foreach (byte[] page in Pages())
        {
            int written = encoder.Encode(page, packed);
            writer.WriteByte(0);
            writer.WriteUInt16((ushort)written);
            writer.WriteBytes(packed.AsSpan(0, written));
        }
        return [writer.WrittenSpan.ToArray()];
    }

    public static IEnumerable<byte[]> MultifdChannels()
    {
        foreach (string name in (string[])["q100-multifd-zlib.channel0", "q100-multifd-zstd.channel1", "q72-multifd-zlib.channel0", "q72-multifd-zstd.channel0"])
            yield return Golden(name, 16384);
        yield return Golden("q100-multifd-none.channel1", 4096);
        yield return Written(writer =>
        {
            new MultifdInitialPacket(Guid.Empty, 3).Write(writer);
            Span<byte> head = stackalloc byte[MultifdPacketWriter.RamHeaderBytes];
            writer.WriteBytes(head[..MultifdPacketWriter.WritePages(head, 1, "pc.ram"u8, [], [0x1000, 0x5000], MultifdCompression.None, 0)]);
            writer.WriteBytes(head[..MultifdPacketWriter.WriteDeviceState(head, "vfio"u8, 1, 4)]);
            writer.WriteBytes([1, 2, 3, 4]);
            writer.WriteBytes(head[..MultifdPacketWriter.WriteSync(head, 9)]);
        });
    }

    public static IEnumerable<byte[]> MultifdPackets()
    {
        byte[] head = new byte[MultifdPacketWriter.RamHeaderBytes];
        ulong[] normal = [.. Enumerable.Range(1, 60).Select(page => (ulong)page * PageBytes)];
        MultifdPacketWriter.WritePages(head, 7, "pc.ram"u8, normal, [0x100000, 0x200000], MultifdCompression.Zlib, 70_000);
        yield return [.. head];
        MultifdPacketWriter.WritePages(head, 8, "pc.ram"u8, normal, [], MultifdCompression.None, 60 * PageBytes);
        yield return [.. head];
        MultifdPacketWriter.WriteSync(head, 9);
        yield return [.. head];
        int bytes = MultifdPacketWriter.WriteDeviceState(head, "0000:00:05.0/vfio"u8, 1, 4);
        yield return head[..bytes];
    }

    public static IEnumerable<byte[]> ReturnPaths()
    {
        foreach (string name in (string[])["q100-recovery.return", "q100-switchover-ack.return", "q72-preempt.return", "q100-paused.return"])
            yield return Golden(name, 1024);
        yield return Written(writer =>
        {
            ReturnMessageWriter.WritePong(writer, 1);
            ReturnMessageWriter.WritePageRequest(writer, "pc.ram", 0x1000, 0x1000);
            ReturnMessageWriter.WritePageRequest(writer, null, 0x2000, 0x1000);
            ReturnMessageWriter.WriteResumeAck(writer);
            ReturnMessageWriter.WriteReceivedBitmap(writer, "pc.ram", 1, new byte[8]);
            ReturnMessageWriter.WriteSwitchoverAck(writer);
            ReturnMessageWriter.WriteShut(writer, 0);
        });
    }

    private static IEnumerable<byte[]> Pages()
    {
        byte[] page = new byte[PageBytes];
        yield return page;
        for (int i = 0; i < PageBytes; i += 3)
            page[i] = (byte)(i >> 5);
        yield return page;
        var random = new FuzzRandom(1);
        for (int i = 0; i < 600; i++)
            page[i] = (byte)random.Next();
        yield return page;
    }

    private static byte[] Golden(string name, int maxBytes)
    {
        byte[] bytes = Places.Golden(name);
        return bytes.Length <= maxBytes ? bytes : bytes[..maxBytes];
    }

    private static byte[] Written(Action<WireWriter> write)
    {
        var writer = new WireWriter();
        write(writer);
        return writer.WrittenSpan.ToArray();
    }
}
