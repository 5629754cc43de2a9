using CsCheck;
using Savevm.Wire.ReturnPath;

namespace Savevm.Wire.Tests.ReturnPath;

public class ReturnMessageReaderTests
{
    [Theory]
    [InlineData("0001 0004 00000000", ReturnMessageType.Shut, 0u, 0UL, 0u, "")]
    [InlineData("0001 0004 00000001", ReturnMessageType.Shut, 1u, 0UL, 0u, "")]
    [InlineData("0002 0004 00000042", ReturnMessageType.Pong, 0x42u, 0UL, 0u, "")]
    [InlineData("0003 0013 000000000156c000 00001000 06 'pc.ram'", ReturnMessageType.ReqPagesId, 0u, 0x156c000UL, 0x1000u, "pc.ram")]
    [InlineData("0004 000c 00003fffffe00000 00200000", ReturnMessageType.ReqPages, 0u, 0x3fffffe00000UL, 0x200000u, "")]
    [InlineData("0005 0008 07 'pc.bios'", ReturnMessageType.RecvBitmap, 0u, 0UL, 0u, "pc.bios")]
    [InlineData("0006 0004 00000001", ReturnMessageType.ResumeAck, 1u, 0UL, 0u, "")]
    [InlineData("0007 0000", ReturnMessageType.SwitchoverAck, 0u, 0UL, 0u, "")]
    public void A_message_is_read(string bytes, ReturnMessageType type, uint value, ulong start, uint length, string name)
    {
        byte[] element = Hex.Bytes(bytes);
        Windows.AssertEveryCut(element, Read);
        Assert.True(ReturnMessageReader.TryRead(element, 0, out ReturnMessage message, out _));
        Assert.Equal(type, message.Type);
        Assert.Equal(value, message.Value);
        Assert.Equal(start, message.Start);
        Assert.Equal(length, message.Length);
        Assert.Equal(Hex.Bytes($"'{name}'"), message.BlockName);
    }

    [Theory]
    [InlineData("0000 0000", 0, 2)]
    [InlineData("0008 0000", 0, 2)]
    [InlineData("ffff ffff", 0, 2)]
    [InlineData("0001 0000", 2, 4)]
    [InlineData("0001 0201", 2, 4)]
    [InlineData("0002 0005 0000000000", 2, 4)]
    [InlineData("0003 000d", 2, 4)]
    [InlineData("0003 010d", 2, 4)]
    [InlineData("0003 ffff", 2, 4)]
    [InlineData("0004 000d", 2, 4)]
    [InlineData("0005 0001 00", 2, 4)]
    [InlineData("0005 0101", 2, 4)]
    [InlineData("0007 0001 00", 2, 4)]
    [InlineData("0006 0004 00000000", 4, 8)]
    [InlineData("0006 0004 00000002", 4, 8)]
    [InlineData("0004 000c 0000000000000001 00001000", 4, 16)]
    [InlineData("0004 000c fffffffffffff000 00001000", 4, 16)]
    [InlineData("0004 000c 0000400000000000 00001000", 4, 16)]
    [InlineData("0004 000c 0000000000000000 00000000", 12, 16)]
    [InlineData("0004 000c 0000000000000000 00000800", 12, 16)]
    [InlineData("0004 000c 0000000000000000 fffff000", 12, 16)]
    [InlineData("0003 000f 0000000000000000 00001000 01 'ab'", 16, 19)]
    [InlineData("0003 000f 0000000000000000 00001000 03 'ab'", 16, 19)]
    [InlineData("0003 000f 0000000000000000 00001000 02 'a' 00", 18, 19)]
    [InlineData("0005 0003 02 07 'a'", 5, 7)]
    [InlineData("0005 0003 00 'ab'", 4, 7)]
    public void A_message_with_a_defect_is_refused(string bytes, long at, int visible) =>
        Windows.AssertDefect(bytes, at, visible, Read);

    [Fact]
    public void Every_message_stands_in_its_own_row()
    {
        Assert.Equal(Enum.GetValues<ReturnMessageType>(), ReturnMessageTable.Rows.Select(r => r.Type));
        Assert.All(ReturnMessageTable.Rows, row => Assert.Same(row, ReturnMessageTable.Find(row.Type)));
        Assert.All(ReturnMessageTable.Rows, row => Assert.InRange(row.MaxLength, 0, WireLimits.MaxReturnMessageBytes));
    }

    [Fact]
    public void A_received_bitmap_has_the_size_of_its_block_and_an_end_mark()
    {
        byte[] element = Hex.Bytes("0000000000000010 ffffffffffffffff 0100000000000000 0123456789abcdef");
        Windows.AssertEveryCut(element, ReadBitmap);
        Assert.True(ReturnMessageReader.TryReadReceivedBitmap(element, 0, 65, out ReadOnlySpan<byte> bitmap, out _));
        Assert.Equal(element.AsSpan(8, 16), bitmap);
    }

    [Theory]
    [InlineData("0000000000000008", 0, 8)]
    [InlineData("0000000000000011", 0, 8)]
    [InlineData("ffffffffffffffff", 0, 8)]
    [InlineData("0000000000000010 0000000000000000 0000000000000000 efcdab8967452301", 24, 32)]
    public void A_received_bitmap_with_a_defect_is_refused(string bytes, long at, int visible) =>
        Windows.AssertDefect(bytes, at, visible, ReadBitmap);

    [Theory]
    [InlineData(1, 8)]
    [InlineData(64, 8)]
    [InlineData(65, 16)]
    [InlineData(16384, 2048)]
    public void A_received_bitmap_is_padded_to_eight_bytes(long pages, long bytes) =>
        Assert.Equal(bytes, ReturnMessageReader.GetReceivedBitmapBytes(pages));

    [Fact]
    public void Reading_requests_allocates_nothing()
    {
        byte[] first = Hex.Bytes("0003 0013 000000000156c000 00001000 06 'pc.ram'");
        byte[] next = Hex.Bytes("0004 000c 000000000156c000 00001000");
        long before = 0;
        for (int i = 0; i < 2000; i++)
        {
            if (i == 1000)
                before = GC.GetAllocatedBytesForCurrentThread();
            ReturnMessageReader.TryRead(first, 0, out _, out _);
            ReturnMessageReader.TryRead(next, 0, out _, out _);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Any_bytes_are_a_message_too_short_or_refused()
    {
        Gen.Select(Gen.UShort[0, 9], Gen.UShort[0, 30], Gen.Byte.Array[0, 40]).Sample((type, length, payload) =>
        {
            byte[] window = [0, (byte)type, 0, (byte)length, .. payload];
            try
            {
                return !ReturnMessageReader.TryRead(window, 0, out _, out int consumed) || consumed == 4 + length;
            }
            catch (WireException e)
            {
                return e.Offset >= 0 && e.Offset < window.Length;
            }
        });
    }

    private static bool Read(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        ReturnMessageReader.TryRead(window, offset, out _, out consumed);

    private static bool ReadBitmap(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        ReturnMessageReader.TryReadReceivedBitmap(window, offset, 65, out _, out consumed);
}
