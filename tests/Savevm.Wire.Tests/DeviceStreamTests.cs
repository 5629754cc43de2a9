using Savevm.Wire.Descriptions;
using Savevm.Wire.Forward;

namespace Savevm.Wire.Tests;

/// <summary>The device part of real streams: every section cut by the scanner, compared with the description, written again.</summary>
public class DeviceStreamTests
{
    [Theory]
    [InlineData("q72-precopy.devices.gz", 31, 99431)]
    [InlineData("q100-precopy.devices.gz", 31, 99700)]
    [InlineData("q100-q35-devices.devices.gz", 39, 73475)]
    public void Sections_are_cut_where_the_description_says_and_written_again_equal(string name, int sections, int descriptionBytes)
    {
        byte[] stream = GoldenStream.Load(name);
        var scanner = new FooterScanner();
        var rewritten = new WireWriter();
        var found = new List<(SectionHeader Header, int BodyLength)>();
        int position = 0;
        while (stream[position] == (byte)SectionType.Full)
        {
            Assert.True(ForwardReader.TryReadSectionHeader(stream.AsSpan(position), position, out SectionHeader header, out int consumed));
            position += consumed;
            ReadOnlySpan<byte> body = stream.AsSpan(position);
            int resumeAt = 0;
            Assert.True(scanner.TryFindEnd(body, position, header.SectionId, endOfInput: true, ref resumeAt, out int length));
            Assert.Equal(1, scanner.CountCandidates(body, header.SectionId, endOfInput: true));
            ForwardWriter.WriteSectionStart(
                rewritten, SectionType.Full, header.SectionId, header.IdStr!, header.InstanceId, header.VersionId);
            rewritten.WriteBytes(body[..length]);
            position += length;
            Assert.True(ForwardReader.TryReadFooter(stream.AsSpan(position), position, header.SectionId, out consumed));
            ForwardWriter.WriteFooter(rewritten, header.SectionId);
            position += consumed;
            found.Add((header, length));
        }
        Assert.Equal((byte)SectionType.Eof, stream[position++]);
        Assert.True(ForwardReader.TryReadDescriptionHeader(stream.AsSpan(position), position, out int textLength, out int headLength));
        position += headLength;
        ReadOnlySpan<byte> text = stream.AsSpan(position);
        Assert.Equal(text.Length, textLength);
        Assert.Equal(descriptionBytes, textLength);
        ForwardWriter.WriteEndOfFile(rewritten);
        ForwardWriter.WriteDescription(rewritten, text);
        Assert.Equal(stream, rewritten.WrittenSpan);

        VMDescription description = VMDescription.Parse(text, position);
        Assert.Equal(sections, found.Count);
        Assert.Equal(
            description.Entries,
            found.Select(f => new VMDescriptionEntry(f.Header.IdStr!, f.Header.InstanceId, f.Header.VersionId, f.BodyLength)));
    }

    [Fact]
    public void Sections_are_cut_alike_when_the_stream_trickles_in()
    {
        byte[] stream = GoldenStream.Load("q100-precopy.devices.gz");
        var scanner = new FooterScanner();
        int position = 0;
        int sections = 0;
        while (stream[position] == (byte)SectionType.Full)
        {
            Assert.True(ForwardReader.TryReadSectionHeader(stream.AsSpan(position), position, out SectionHeader header, out int consumed));
            position += consumed;
            int resumeAt = 0;
            int visible = 0;
            int length;
            while (!scanner.TryFindEnd(
                stream.AsSpan(position, visible), position, header.SectionId, endOfInput: false, ref resumeAt, out length))
            {
                visible += 3;
            }
            Assert.Equal((byte)SectionType.Footer, stream[position + length]);
            position += length + 5;
            sections++;
        }
        Assert.Equal(31, sections);
        Assert.Equal((byte)SectionType.Eof, stream[position]);
    }

    [Fact]
    public void A_stream_cut_anywhere_in_its_devices_is_refused()
    {
        byte[] stream = GoldenStream.Load("q72-precopy.devices.gz");
        Assert.True(ForwardReader.TryReadSectionHeader(stream, 0, out SectionHeader header, out int start));
        for (int cut = start; cut < start + 24 + 5; cut++)
        {
            byte[] prefix = stream[start..cut];
            int resumeAt = 0;
            var defect = Assert.Throws<WireException>(
                () => new FooterScanner().TryFindEnd(prefix, start, header.SectionId, endOfInput: true, ref resumeAt, out _));
            Assert.Equal(cut, defect.Offset);
        }
    }
}
