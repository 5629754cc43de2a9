using System.Text;
using CsCheck;
using Savevm.Wire.ReturnPath;

namespace Savevm.Wire.Tests.ReturnPath;

public class ReturnMessageWriterTests
{
    [Fact]
    public void Messages_have_the_bytes_of_the_specification()
    {
        AssertBytes("0001 0004 00000001", w => ReturnMessageWriter.WriteShut(w, 1));
        AssertBytes("0002 0004 00000042", w => ReturnMessageWriter.WritePong(w, 0x42));
        AssertBytes(
            "0003 0013 0000000000123000 00001000 06 'pc.ram'",
            w => ReturnMessageWriter.WritePageRequest(w, "pc.ram", 0x123000, 0x1000));
        AssertBytes("0004 000c 0000000000200000 00200000", w => ReturnMessageWriter.WritePageRequest(w, null, 0x200000, 0x200000));
        AssertBytes(
            "0005 0007 06 'pc.rom' 0000000000000008 0100000000000000 0123456789abcdef",
            w => ReturnMessageWriter.WriteReceivedBitmap(w, "pc.rom", 32, [1, 0, 0, 0, 0, 0, 0, 0]));
        AssertBytes("0006 0004 00000001", ReturnMessageWriter.WriteResumeAck);
        AssertBytes("0007 0000", ReturnMessageWriter.WriteSwitchoverAck);
    }

    [Fact]
    public void What_no_reader_takes_is_not_written()
    {
        AssertRefused(w => ReturnMessageWriter.WritePageRequest(w, "", 0, 0x1000));
        AssertRefused(w => ReturnMessageWriter.WritePageRequest(w, "a\n", 0, 0x1000));
        AssertRefused(w => ReturnMessageWriter.WritePageRequest(w, "a", 1, 0x1000));
        AssertRefused(w => ReturnMessageWriter.WritePageRequest(w, "a", 1UL << 46, 0x1000));
        AssertRefused(w => ReturnMessageWriter.WritePageRequest(w, "a", 0, 0));
        AssertRefused(w => ReturnMessageWriter.WritePageRequest(w, "a", 0, 0x1001));
        AssertRefused(w => ReturnMessageWriter.WriteReceivedBitmap(w, "a", 65, new byte[8]));
    }

    [Fact]
    public void Page_requests_survive_the_round_trip()
    {
        Gen.Select(Gen.Char[' ', '~'].Array[0, 255], Gen.ULong[0, (1UL << 34) - 1], Gen.UInt[1, 1 << 18]).Sample(
            (name, page, count) =>
            {
                var writer = new WireWriter();
                string? block = name.Length == 0 ? null : new string(name);
                ReturnMessageWriter.WritePageRequest(writer, block, page << 12, count << 12);
                return ReturnMessageReader.TryRead(writer.WrittenSpan, 0, out ReturnMessage message, out int consumed)
                    && consumed == writer.Length
                    && message.Type == (block is null ? ReturnMessageType.ReqPages : ReturnMessageType.ReqPagesId)
                    && message.Start == page << 12
                    && message.Length == count << 12
                    && Encoding.ASCII.GetString(message.BlockName) == (block ?? "");
            });
    }

    private static void AssertBytes(string expected, Action<WireWriter> write)
    {
        var writer = new WireWriter();
        write(writer);
        Assert.Equal(Hex.Normal(expected), Hex.Text(writer));
    }

    private static void AssertRefused(Action<WireWriter> write)
    {
        var writer = new WireWriter();
        Assert.ThrowsAny<ArgumentException>(() => write(writer));
        Assert.Equal(0, writer.Length);
    }
}
