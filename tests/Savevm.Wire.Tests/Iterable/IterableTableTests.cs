using System.Text;
using Savevm.Wire.Iterable;

namespace Savevm.Wire.Tests.Iterable;

public class IterableTableTests
{
    [Theory]
    [InlineData("ram", IterableKind.Ram)]
    [InlineData("dirty-bitmap", IterableKind.DirtyBitmap)]
    [InlineData("block", IterableKind.Block)]
    [InlineData("0000:00:02.0/vfio", IterableKind.Vfio)]
    public void Live_devices_are_known_by_their_idstr(string idStr, IterableKind kind) => Assert.Equal(kind, IterableTable.Find(idStr)?.Kind);

    [Theory]
    [InlineData("vfio")]
    [InlineData("x/ram")]
    [InlineData("0000:00:02.0/avfio")]
    [InlineData("slirp")]
    public void Others_are_not(string idStr) => Assert.Null(IterableTable.Find(idStr));

    [Fact]
    public void The_records_of_block_migration_are_passed_over()
    {
        byte[] body =
        [
            .. Hex.Bytes("0000000000000201 06 'virtio'"), .. new byte[1 << 20],
            .. Hex.Bytes("0000000000100209 06 'virtio' 000000000000c804 0000000000000002"),
        ];
        var seen = new List<string>();
        int position = 0;
        BlockRecord record;
        do
        {
            Assert.True(BlockRecordReader.TryRead(body.AsSpan(position), position, out record, out int headerBytes));
            seen.Add($"{record.Kind} {record.Number} {Encoding.ASCII.GetString(record.DeviceName)}".TrimEnd());
            position += headerBytes + record.DataBytes;
        }
        while (record.Kind != BlockRecordKind.EndOfSection);
        Assert.Equal(body.Length, position);
        Assert.Equal(["Data 1 virtio", "Zero 2049 virtio", "Progress 100", "EndOfSection 0"], seen);
    }

    [Theory]
    [InlineData("0000000000000201 02 'ab'")]
    [InlineData("0000000000000209 02 'ab'")]
    [InlineData("0000000000000002")]
    public void A_block_record_ends_where_it_ends(string bytes) => Windows.AssertEveryCut(Hex.Bytes(bytes), ReadBlock);

    [Theory]
    [InlineData("0000000000000200", 0, 8)]
    [InlineData("0000000000000208", 0, 8)]
    [InlineData("0000000000000203", 0, 8)]
    [InlineData("0000000000000211", 0, 8)]
    [InlineData("0000000000000201 00", 8, 9)]
    public void A_block_record_that_cannot_be_is_refused(string bytes, long at, int visible) =>
        Windows.AssertDefect(bytes, at, visible, ReadBlock);

    [Fact]
    public void The_body_of_a_device_that_is_passed_through_is_passed_over()
    {
        byte[] body = Hex.Bytes(
            "ffffffffef100003 ffffffffef100001 ffffffffef100004 0000000000000003 aabbcc ffffffffef100005 ffffffffef100002 01ffffffffef1000 ffffffffef100001");
        var marks = new List<VfioMark>();
        int position = 0;
        while (position < body.Length)
        {
            Assert.True(VfioRecordReader.TryRead(body.AsSpan(position), position, out VfioMark mark, out ulong data, out int consumed));
            marks.Add(mark);
            position += consumed + (int)data;
            if (mark != VfioMark.ConfigState) continue;
            int resumeAt = 0;
            for (int visible = 0; visible < 16; visible++)
                Assert.False(VfioRecordReader.TryFindEnd(body.AsSpan(position, visible), ref resumeAt, out _));
            Assert.True(VfioRecordReader.TryFindEnd(body.AsSpan(position), ref resumeAt, out int length));
            Assert.Equal(8, length);
            position += length;
        }
        Assert.Equal(
            [VfioMark.SetupState, VfioMark.EndOfState, VfioMark.DataState, VfioMark.InitDataSent, VfioMark.ConfigState, VfioMark.EndOfState], marks);
    }

    [Theory]
    [InlineData("ffffffffef100000", 0, 8)]
    [InlineData("ffffffffef100007", 0, 8)]
    [InlineData("0000000000000000", 0, 8)]
    [InlineData("ffffffffef100004 0000400000000001", 8, 16)]
    public void What_is_no_mark_is_refused(string bytes, long at, int visible) => Windows.AssertDefect(
        bytes, at, visible, (ReadOnlySpan<byte> w, long o, out int c) => VfioRecordReader.TryRead(w, o, out _, out _, out c));

    private static bool ReadBlock(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        BlockRecordReader.TryRead(window, offset, out _, out consumed);
}
