using CsCheck;
using Savevm.Wire.Forward;

namespace Savevm.Wire.Tests.Forward;

public class ForwardWriterTests
{
    private static readonly Gen<string> Names = Gen.Char[' ', '~'].Array[1, 255].Select(c => new string(c));

    [Fact]
    public void Elements_have_the_bytes_of_the_specification()
    {
        AssertBytes("'QEVM' 00000003", ForwardWriter.WriteHeader);
        AssertBytes("07 0000000e 'pc-i440fx-10.0' 0512", w => ForwardWriter.WriteConfiguration(w, "pc-i440fx-10.0", [0x05, 0x12]));
        AssertBytes("01 00000002 03 'ram' 00000000 00000004", w => ForwardWriter.WriteSectionStart(w, SectionType.Start, 2, "ram", 0, 4));
        AssertBytes("04 00000009 03 'dma' 00000001 00000001", w => ForwardWriter.WriteSectionStart(w, SectionType.Full, 9, "dma", 1, 1));
        AssertBytes("02 00000002", w => ForwardWriter.WriteSectionPart(w, SectionType.Part, 2));
        AssertBytes("03 00000002", w => ForwardWriter.WriteSectionPart(w, SectionType.End, 2));
        AssertBytes("7e 00000002", w => ForwardWriter.WriteFooter(w, 2));
        AssertBytes("08 0004 0000", w => ForwardWriter.WriteCommand(w, CommandType.PostcopyListen));
        AssertBytes("08 0002 0004 01020342", w => ForwardWriter.WritePing(w, 0x01020342));
        AssertBytes("08 0007 0004 00003456", w => ForwardWriter.WritePackagedHeader(w, 0x3456));
        AssertBytes("00", ForwardWriter.WriteEndOfFile);
        AssertBytes("06 00000000", w => ForwardWriter.WriteDescription(w, ""));
        AssertBytes("06 00000002 '{}'", w => ForwardWriter.WriteDescription(w, "{}"));
    }

    [Fact]
    public void What_no_reader_takes_is_not_written()
    {
        AssertRefused(w => ForwardWriter.WriteConfiguration(w, "", []));
        AssertRefused(w => ForwardWriter.WriteConfiguration(w, new string('m', 257), []));
        AssertRefused(w => ForwardWriter.WriteSectionStart(w, SectionType.Part, 2, "ram", 0, 4));
        AssertRefused(w => ForwardWriter.WriteSectionStart(w, SectionType.Full, 2, "r\0m", 0, 4));
        AssertRefused(w => ForwardWriter.WriteSectionPart(w, SectionType.Full, 2));
        AssertRefused(w => ForwardWriter.WriteCommand(w, CommandType.Ping));
        AssertRefused(w => ForwardWriter.WriteCommand(w, (CommandType)12));
        AssertRefused(w => ForwardWriter.WriteCommand(w, 0));
        AssertRefused(w => ForwardWriter.WritePackagedHeader(w, 0));
        AssertRefused(w => ForwardWriter.WritePackagedHeader(w, uint.MaxValue));
        AssertRefused(w => ForwardWriter.WriteDescription(w, new byte[WireLimits.MaxDescriptionBytes + 1]));
    }

    [Fact]
    public void Section_headers_survive_the_round_trip()
    {
        Gen.Select(Gen.Bool.Select(b => b ? SectionType.Start : SectionType.Full), Gen.UInt, Names, Gen.UInt, Gen.UInt).Sample(
            (type, id, idStr, instance, version) =>
            {
                var writer = new WireWriter();
                ForwardWriter.WriteSectionStart(writer, type, id, idStr, instance, version);
                return ForwardReader.TryReadSectionHeader(writer.WrittenSpan, 0, out SectionHeader header, out int consumed)
                    && consumed == writer.Length
                    && header == new SectionHeader(type, id, idStr, instance, version);
            });
    }

    [Fact]
    public void Commands_of_every_legal_length_survive_the_round_trip()
    {
        foreach (CommandRow row in CommandTable.Rows.Where(r => r.Type is not (CommandType.Packaged or CommandType.RecvBitmap)))
        {
            for (int length = row.MinLength; length <= Math.Min(row.MaxLength, 100); length += row.LengthStep)
            {
                byte[] payload = [.. Enumerable.Range(1, length).Select(i => (byte)i)];
                var writer = new WireWriter();
                ForwardWriter.WriteCommand(writer, row.Type, payload);
                Assert.True(ForwardReader.TryReadCommand(writer.WrittenSpan, 0, out CommandRecord? record, out int consumed));
                Assert.Equal(writer.Length, consumed);
                Assert.Equal(row.Type, record.Type);
                Assert.Equal(payload, record.Payload);
            }
        }
    }

    [Fact]
    public void Configurations_survive_the_round_trip()
    {
        Names.Sample(name =>
        {
            var writer = new WireWriter();
            ForwardWriter.WriteConfiguration(writer, name, []);
            writer.WriteByte((byte)SectionType.Command);
            return ForwardReader.TryReadConfiguration(writer.WrittenSpan, 0, out ConfigurationRecord? record, out int consumed)
                && consumed == writer.Length - 1
                && record.MachineName == name;
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
