using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Savevm.Wire.Multifd;

namespace Savevm.Wire.Tests.Multifd;

public class MultifdPacketTests
{
    private const int HeaderBytes = 1344;

    [Fact]
    public void The_initial_packet_has_the_bytes_of_the_specification()
    {
        var packet = new MultifdInitialPacket(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 3);
        var writer = new WireWriter();
        packet.Write(writer);
        byte[] bytes = [.. Hex.Bytes("11223344 00000001 00112233445566778899aabbccddeeff 03"), .. new byte[39]];
        Assert.Equal(Hex.Text(bytes), Hex.Text(writer));
        Windows.AssertEveryCut(bytes, ReadInitial);
        Assert.True(MultifdInitialPacket.TryRead(bytes, 0, out MultifdInitialPacket read, out _));
        Assert.Equal(packet, read);
        Windows.AssertDefect("11223345 00000001", 0, 4, ReadInitial);
        Windows.AssertDefect("11223344 00000002", 4, 8, ReadInitial);
    }

    [Fact]
    public void Pages_lie_where_the_specification_puts_them()
    {
        byte[] bytes = new byte[HeaderBytes];
        int written = MultifdPacketWriter.WritePages(
            bytes, 0x1234, "pc.ram"u8, [0x5000, 0x3000], [0x9000], MultifdCompression.Zstd, payloadBytes: 777);
        Assert.Equal(HeaderBytes, written);
        Assert.Equal(
            Hex.Normal("11223344 00000001 00000004 00000080 00000002 00000309 0000000000001234 00000001"), Hex.Text(bytes.AsSpan(0, 36)));
        Assert.Equal(Hex.Normal("'pc.ram' 0000"), Hex.Text(bytes.AsSpan(64, 8)));
        Assert.Equal(Hex.Normal("0000000000005000 0000000000003000 0000000000009000 0000000000000000"), Hex.Text(bytes.AsSpan(320, 32)));
        Windows.AssertEveryCut(bytes, Read);
        Assert.True(MultifdPacketReader.TryRead(bytes, 0, out MultifdPacket packet, out _));
        Assert.Equal((2, 1, 777, 0x1234UL), (packet.NormalPages, packet.ZeroPages, packet.PayloadBytes, packet.Number));
        Assert.Equal("pc.ram"u8, packet.Name);
        Assert.Equal((0x3000UL, 0x9000UL), (packet.GetNormalAddress(1), packet.GetZeroAddress(0)));
        Assert.Equal(MultifdCompression.Zstd, packet.Compression);
        Assert.Throws<ArgumentOutOfRangeException>(GetNone);
        void GetNone()
        {
            MultifdPacketReader.TryRead(bytes, 0, out MultifdPacket again, out _);
            again.GetNormalAddress(2);
        }
    }

    [Fact]
    public void A_SYNC_packet_is_empty()
    {
        byte[] bytes = new byte[HeaderBytes];
        bytes.AsSpan().Fill(0xee);
        MultifdPacketWriter.WriteSync(bytes, 7);
        Assert.Equal(Hex.Normal("11223344 00000001 00000001 00000000 00000000 00000000 0000000000000007"), Hex.Text(bytes.AsSpan(0, 32)));
        Assert.Equal(-1, bytes.AsSpan(32).IndexOfAnyExcept((byte)0));
        Assert.True(MultifdPacketReader.TryRead(bytes, 0, out MultifdPacket packet, out _));
        Assert.True(packet.IsSync && packet.NormalPages == 0 && packet.PayloadBytes == 0 && packet.Name.IsEmpty);
    }

    [Fact]
    public void What_is_stale_in_a_packet_without_pages_is_not_looked_at()
    {
        byte[] bytes = new byte[HeaderBytes];
        MultifdPacketWriter.WritePages(bytes, 1, "pc.ram"u8, [0x1000], [], MultifdCompression.None, 4096);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), 0);
        bytes[64] = 0x01;
        bytes[320] = 0xff;
        Assert.True(MultifdPacketReader.TryRead(bytes, 0, out MultifdPacket packet, out _));
        Assert.Equal((0, 0, 4096u), (packet.NormalPages, packet.PayloadBytes, packet.AnnouncedBytes));
        Assert.True(packet.Name.IsEmpty);
    }

    [Fact]
    public void A_device_state_packet_has_a_head_of_its_own()
    {
        byte[] bytes = new byte[276];
        Assert.Equal(276, MultifdPacketWriter.WriteDeviceState(bytes, "0000:00:05.0/vfio"u8, 2, 100));
        Assert.Equal(Hex.Normal("11223344 00000001 00000040 '0000:00:05.0/vfio' 00"), Hex.Text(bytes.AsSpan(0, 30)));
        Assert.Equal(Hex.Normal("00000002 00000064"), Hex.Text(bytes.AsSpan(268)));
        Windows.AssertEveryCut(bytes, Read);
        Assert.True(MultifdPacketReader.TryRead(bytes, 0, out MultifdPacket packet, out _));
        Assert.True(packet.IsDeviceState && packet.InstanceId == 2 && packet.PayloadBytes == 100);
        Assert.Equal("0000:00:05.0/vfio"u8, packet.Name);
        foreach ((int at, byte value, int defect) in new[] { (11, (byte)0x41, 8), (12, (byte)0, 12), (275, (byte)0, 272), (272, (byte)0xff, 272) })
        {
            byte[] bad = [.. bytes];
            bad[at] = value;
            Assert.Equal(defect, Assert.Throws<WireException>(() => MultifdPacketReader.TryRead(bad, 0, out _, out _)).Offset);
        }
    }

    [Theory]
    [InlineData(0, 0x12, 0)]
    [InlineData(7, 0x02, 4)]
    [InlineData(10, 0x01, 8)]
    [InlineData(11, 0x80, 8)]
    [InlineData(11, 0x06, 8)]
    [InlineData(15, 0x81, 12)]
    [InlineData(12, 0x01, 12)]
    [InlineData(19, 0x81, 16)]
    [InlineData(16, 0x80, 16)]
    [InlineData(35, 0x80, 32)]
    [InlineData(64, 0x00, 64)]
    [InlineData(66, 0x07, 66)]
    [InlineData(320, 0x80, 320)]
    [InlineData(327, 0x01, 320)]
    [InlineData(335, 0x01, 328)]
    [InlineData(23, 0x01, 20)]
    [InlineData(22, 0x00, 20)]
    [InlineData(20, 0x01, 20)]
    public void A_packet_that_cannot_be_is_refused(int at, byte value, long defect)
    {
        byte[] bytes = new byte[HeaderBytes];
        MultifdPacketWriter.WritePages(bytes, 1, "pc.ram"u8, [0x1000], [0x2000], MultifdCompression.None, 4096);
        bytes[at] = value;
        Assert.Equal(0x700 + defect, Assert.Throws<WireException>(() => MultifdPacketReader.TryRead(bytes, 0x700, out _, out _)).Offset);
    }

    [Theory]
    [InlineData(MultifdFlags.Zlib, 0x100001)]
    [InlineData(MultifdFlags.Zstd, 0x100001)]
    [InlineData(MultifdFlags.Qatzip, 0x100001)]
    [InlineData(MultifdFlags.Qpl, 4101)]
    [InlineData(MultifdFlags.Uadk, 4101)]
    [InlineData(MultifdFlags.None, 4097)]
    public void A_payload_has_the_limit_of_its_compression(MultifdFlags flags, int tooMany)
    {
        byte[] bytes = new byte[HeaderBytes];
        MultifdPacketWriter.WritePages(bytes, 1, "pc.ram"u8, [0x1000], [], MultifdCompression.None, 4096);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8), (uint)flags);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(20), (uint)tooMany - 1);
        Assert.True(MultifdPacketReader.TryRead(bytes, 0, out MultifdPacket packet, out _));
        Assert.Equal(tooMany - 1, packet.PayloadBytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(20), (uint)tooMany);
        Assert.Throws<WireException>(() => MultifdPacketReader.TryRead(bytes, 0, out _, out _));
    }

    [Fact]
    public void A_name_without_end_ends_at_the_last_byte_but_one()
    {
        byte[] bytes = new byte[HeaderBytes];
        MultifdPacketWriter.WritePages(bytes, 1, Encoding.ASCII.GetBytes(new string('n', 255)), [0x1000], [], MultifdCompression.None, 4096);
        bytes[319] = (byte)'x';
        Assert.True(MultifdPacketReader.TryRead(bytes, 0, out MultifdPacket packet, out _));
        Assert.Equal(255, packet.Name.Length);
    }

    [Fact]
    public void What_the_writer_wrote_the_reader_reads()
    {
        Gen.Select(Gen.Int[0, 128], Gen.Int[0, 128], Gen.Int[0, 1 << 20], Gen.ULong).Sample((normal, zero, first, number) =>
        {
            zero = Math.Min(zero, 128 - normal);
            if (normal + zero == 0) return true;
            ulong[] normals = [.. Enumerable.Range(first, normal).Select(page => (ulong)page << 12)];
            ulong[] zeros = [.. Enumerable.Range(first * 2, zero).Select(page => (ulong)page << 12)];
            byte[] bytes = new byte[HeaderBytes];
            MultifdPacketWriter.WritePages(bytes, number, "m"u8, normals, zeros, MultifdCompression.None, normal * 4096);
            bool same = MultifdPacketReader.TryRead(bytes, 0, out MultifdPacket packet, out _) && packet.Number == number
                && packet.NormalPages == normal && packet.ZeroPages == zero && packet.PayloadBytes == normal * 4096;
            for (int i = 0; i < normal; i++) same &= packet.GetNormalAddress(i) == normals[i];
            for (int i = 0; i < zero; i++) same &= packet.GetZeroAddress(i) == zeros[i];
            return same;
        });
    }

    [Fact]
    public void A_packet_that_no_reader_would_take_is_not_written()
    {
        byte[] bytes = new byte[HeaderBytes];
        Assert.Throws<ArgumentException>(() => MultifdPacketWriter.WritePages(bytes, 1, "m"u8, [], [], MultifdCompression.None, 0));
        Assert.Throws<ArgumentException>(() => MultifdPacketWriter.WritePages(bytes, 1, "m"u8, new ulong[129], [], MultifdCompression.None, 129 * 4096));
        Assert.Throws<ArgumentException>(() => MultifdPacketWriter.WritePages(bytes, 1, "m"u8, [0], [], MultifdCompression.None, 4095));
        Assert.Throws<ArgumentException>(() => MultifdPacketWriter.WritePages(bytes, 1, "m"u8, [], [0], MultifdCompression.Zlib, 5));
        Assert.Throws<ArgumentException>(() => MultifdPacketWriter.WritePages(bytes, 1, [], [0], [], MultifdCompression.None, 4096));
        Assert.Throws<ArgumentException>(() => MultifdPacketWriter.WriteDeviceState(bytes, "d"u8, 0, 0));
    }

    [Fact]
    public void Flags_are_those_of_the_specification()
    {
        IEnumerable<string> told = Specification.Table("10.5 Flags").Select(row => $"{row[0]} {row[1]} {row[2]}");
        Assert.Equal(told, MultifdFlagTable.Rows.Select(row => $"0x{(uint)row.Flag:x2} {row.Name} {row.Since?.ToString() ?? "always"}"));
        Assert.Equal(MultifdCompression.None, MultifdFlagTable.FindCompression(MultifdFlags.Sync));
        Assert.Equal(MultifdCompression.Zlib, MultifdFlagTable.FindCompression(MultifdFlags.Sync | MultifdFlags.Zlib));
        Assert.Null(MultifdFlagTable.FindCompression(MultifdFlags.Zstd | MultifdFlags.Zlib));
        Assert.All(
            Enum.GetValues<MultifdCompression>(),
            compression => Assert.Equal(compression, MultifdFlagTable.FindCompression(MultifdFlagTable.FlagOf(compression))));
    }

    private static bool ReadInitial(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        MultifdInitialPacket.TryRead(window, offset, out _, out consumed);

    private static bool Read(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        MultifdPacketReader.TryRead(window, offset, out _, out consumed);
}
