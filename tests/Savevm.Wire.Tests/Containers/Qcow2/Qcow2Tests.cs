using System.Buffers.Binary;
using System.Text;
using Savevm.Wire.Containers.Qcow2;

namespace Savevm.Wire.Tests.Containers.Qcow2;

public class Qcow2Tests
{
    private const ulong DiskBytes = 37 << 20;

    [Fact]
    public void The_header_tells_where_saved_machines_lie()
    {
        Assert.True(Qcow2Header.TryRead(Header(), out Qcow2Header? header));
        Assert.Equal((3, 16, DiskBytes, 2, 0x50000UL), (header.Version, header.ClusterBits, header.DiskBytes, header.SnapshotCount, header.SnapshotsPosition));
        Assert.Equal(0x20000000UL, header.VMStateOffset);
        Assert.Equal(Qcow2Compression.Deflate, header.Compression);
        byte[] second = Header();
        second[7] = 2;
        for (int cut = 0; cut < 72; cut++)
            Assert.False(Qcow2Header.TryRead(second.AsSpan(0, cut), out _));
        Assert.True(Qcow2Header.TryRead(second.AsSpan(0, 72), out header));
        Assert.Equal(2, header.Version);
        for (int cut = 0; cut < 104; cut++)
            Assert.False(Qcow2Header.TryRead(Header().AsSpan(0, cut), out _));
    }

    [Fact]
    public void With_extended_entries_an_L2_table_covers_half_as_much()
    {
        byte[] bytes = Header();
        bytes[79] = 0x10;
        Assert.True(Qcow2Header.TryRead(bytes, out Qcow2Header? header));
        Assert.Equal((16, 12, 0x10000000UL), (header.L2EntryBytes, header.L2Bits, header.VMStateOffset));
        bytes[79] = 0x08;
        bytes[103] = 112;
        bytes[104] = 1;
        Assert.True(Qcow2Header.TryRead(bytes, out header));
        Assert.Equal(Qcow2Compression.Zstd, header.Compression);
    }

    [Theory]
    [InlineData(0, 0x50, 0)]
    [InlineData(7, 4, 4)]
    [InlineData(7, 1, 4)]
    [InlineData(23, 8, 20)]
    [InlineData(23, 22, 20)]
    [InlineData(24, 0x80, 24)]
    [InlineData(35, 2, 32)]
    [InlineData(61, 2, 60)]
    [InlineData(71, 1, 64)]
    [InlineData(79, 0x20, 72)]
    [InlineData(79, 0x04, 72)]
    [InlineData(79, 0x08, 104)]
    [InlineData(103, 96, 100)]
    [InlineData(103, 105, 100)]
    public void A_header_that_cannot_be_is_refused(int at, byte value, long defect)
    {
        byte[] bytes = Header();
        bytes[at] = value;
        Assert.Equal(defect, Assert.Throws<WireException>(() => Qcow2Header.TryRead(bytes, out _)).Offset);
    }

    [Fact]
    public void A_snapshot_is_read_with_as_much_extra_data_as_it_has()
    {
        Qcow2Header header = ReadHeader();
        byte[] entry = Snapshot(24);
        for (int cut = 0; cut < 70; cut++)
            Assert.False(Qcow2Snapshot.TryRead(entry.AsSpan(0, cut), 0, header, out _, out _));

        // The file may end where the padding of its last entry would begin.
        Assert.True(Qcow2Snapshot.TryRead(entry.AsSpan(0, 70), 0, header, out Qcow2Snapshot? snapshot, out int consumed));
        Assert.Equal(72, consumed);
        var expected = new Qcow2Snapshot("1", "snap1", 0x60000, 5, 0x1_2345_6789, new DateTimeOffset(2024, 3, 1, 12, 0, 0, 500, TimeSpan.Zero))
        {
            GuestClockNanoseconds = 77,
            DiskBytes = DiskBytes,
        };
        Assert.Equal(expected, snapshot);
        Assert.True(Qcow2Snapshot.TryRead(Snapshot(8), 0, header, out snapshot, out _));
        Assert.Equal((0x1_2345_6789UL, null), (snapshot.VMStateBytes, snapshot.DiskBytes));
        Assert.True(Qcow2Snapshot.TryRead(Snapshot(0), 0, header, out snapshot, out _));
        Assert.Equal(0x4444UL, snapshot.VMStateBytes);
    }

    [Theory]
    [InlineData(0, 0x80, 0)]
    [InlineData(7, 0x01, 0)]
    [InlineData(8, 0x01, 8)]
    [InlineData(36, 0x01, 36)]
    [InlineData(40, 0x80, 40)]
    public void A_snapshot_that_cannot_be_is_refused(int at, byte value, long defect)
    {
        byte[] entry = Snapshot(24);
        entry[at] = value;
        Assert.Equal(0x50000 + defect, Assert.Throws<WireException>(() => Qcow2Snapshot.TryRead(entry, 0x50000, ReadHeader(), out _, out _)).Offset);
    }

    [Fact]
    public void A_byte_of_the_stream_has_its_entries()
    {
        Qcow2Header header = ReadHeader();
        Assert.Equal(new Qcow2Address(1, 0, 0), Qcow2Address.OfStream(header, 0));
        Assert.Equal(new Qcow2Address(1, 1, 0x2345), Qcow2Address.OfStream(header, 0x12345));
        Assert.Equal(new Qcow2Address(2, 8191, 0xffff), Qcow2Address.OfStream(header, 0x3fffffff));
        Assert.True(Qcow2Snapshot.TryRead(Snapshot(24), 0, header, out Qcow2Snapshot? snapshot, out _));
        Assert.Equal(0x60008UL, Qcow2Address.OfStream(header, 0).GetL1EntryPosition(snapshot));
        Assert.Throws<WireException>(() => Qcow2Address.OfStream(header, 4UL << 29).GetL1EntryPosition(snapshot));
        var address = Qcow2Address.OfStream(header, 0x12345);
        Assert.Equal(0x80008UL, address.GetL2EntryPosition(Hex.Bytes("8000000000080000"), 0, header));
        Assert.Null(address.GetL2EntryPosition(new byte[8], 0, header));
        Assert.Equal(9, Assert.Throws<WireException>(() => address.GetL2EntryPosition(Hex.Bytes("0000000000080200"), 9, header)).Offset);
    }

    [Fact]
    public void Entries_of_clusters_are_told_apart()
    {
        Qcow2Header header = ReadHeader();
        Assert.Equal(new Qcow2Cluster(Qcow2ClusterKind.Data, 0xa0000, 0x10000), Parse("80000000000a0000", header));
        Assert.Equal(new Qcow2Cluster(Qcow2ClusterKind.Unallocated, 0, 0), Parse("0000000000000000", header));
        Assert.Equal(new Qcow2Cluster(Qcow2ClusterKind.Zero, 0, 0), Parse("80000000000a0001", header));
        Assert.Equal(new Qcow2Cluster(Qcow2ClusterKind.Data, 0xa0000, 0x10000), Parse("80000000000a0001", header with { Version = 2 }));
        Assert.Throws<WireException>(() => Parse("80000000000a0200", header));

        // 62 - 8 = 54 bits of position, 8 of further sectors: two of them from 0x12345 on.
        Assert.Equal(new Qcow2Cluster(Qcow2ClusterKind.Compressed, 0x12345, (3 * 512) - 0x145), Parse("4080000000012345", header));
    }

    [Fact]
    public void Extended_entries_tell_of_parts()
    {
        byte[] bytes = Header();
        bytes[79] = 0x10;
        Assert.True(Qcow2Header.TryRead(bytes, out Qcow2Header? header));
        Qcow2Cluster cluster = Parse("80000000000a0000 0000000200000001", header);
        Assert.Equal(
            [Qcow2ClusterKind.Data, Qcow2ClusterKind.Zero, Qcow2ClusterKind.Unallocated],
            new[] { cluster.GetSubcluster(0), cluster.GetSubcluster(1), cluster.GetSubcluster(31) });
        Assert.Null(Parse("80000000000a0000 00000000ffffffff", header).Subclusters);
        Assert.Equal(Qcow2ClusterKind.Zero, Parse("0000000000000000 ffffffff00000000", header).Kind);
        Assert.Equal(Qcow2ClusterKind.Unallocated, Parse("80000000000a0000 0000000000000000", header).GetSubcluster(5));
        Assert.Throws<WireException>(() => Parse("80000000000a0000 0000000100000001", header));
        Assert.Throws<WireException>(() => Parse("0000000000000000 0000000000000001", header));
        Assert.Throws<ArgumentOutOfRangeException>(() => cluster.GetSubcluster(32));
    }

    private static Qcow2Cluster Parse(string entry, Qcow2Header header) => Qcow2Cluster.Parse(Hex.Bytes(entry), 0, header);

    private static Qcow2Header ReadHeader()
    {
        Assert.True(Qcow2Header.TryRead(Header(), out Qcow2Header? header));
        return header;
    }

    private static byte[] Header()
    {
        byte[] bytes = new byte[112];
        Hex.Bytes("'QFI' fb 00000003").CopyTo(bytes, 0);
        bytes[23] = 16;
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(24), DiskBytes);
        bytes[63] = 2;
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(64), 0x50000);
        bytes[103] = 104;
        return bytes;
    }

    private static byte[] Snapshot(int extra)
    {
        var writer = new WireWriter();
        writer.WriteUInt64(0x60000);
        writer.WriteUInt32(5);
        writer.WriteUInt16(1);
        writer.WriteUInt16(5);
        writer.WriteUInt32((uint)new DateTimeOffset(2024, 3, 1, 12, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds());
        writer.WriteUInt32(500_000_000);
        writer.WriteUInt64(77);
        writer.WriteUInt32(0x4444);
        writer.WriteUInt32((uint)extra);
        byte[] data = new byte[24];
        BinaryPrimitives.WriteUInt64BigEndian(data, 0x1_2345_6789);
        BinaryPrimitives.WriteUInt64BigEndian(data.AsSpan(8), DiskBytes);
        writer.WriteBytes(data.AsSpan(0, extra));
        writer.WriteBytes(Encoding.ASCII.GetBytes("1snap1"));
        while (writer.Length % 8 != 0)
            writer.WriteByte(0);
        return writer.WrittenSpan.ToArray();
    }
}
