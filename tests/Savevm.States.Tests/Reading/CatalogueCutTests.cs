using Savevm.States.Reading;
using Savevm.Wire;
using Savevm.Wire.Forward;

namespace Savevm.States.Tests.Reading;

/// <summary>Where footers do not tell the end of a device section, a description from elsewhere does.</summary>
public sealed class CatalogueCutTests
{
    private const string Pc72 = "q72-tiny.stream.gz";

    [Theory]
    [InlineData(Pc72, true, SectionCut.Description)]
    [InlineData(Pc72, false, SectionCut.Catalogue)]
    [InlineData("q100-tiny.stream.gz", true, SectionCut.Description)]
    [InlineData("q100-tiny.stream.gz", false, SectionCut.Catalogue)]
    public void AStreamWithoutFootersIsCut(string name, bool withDescription, SectionCut cut)
    {
        WalkLines real = Walk(Golden.Load(name), out byte[] description);
        WalkLines found = Walk(Write(real.Sections, hasFooters: false, withDescription ? description : []), out _);
        Assert.Empty(found.Defects);
        AssertSame(real.Sections, found.Sections);
        Assert.All(found.Sections, section => Assert.Equal((cut, false), (section.Cut, section.HasFooter)));
    }

    [Fact]
    public void WhatNobodyDescribesIsNamed()
    {
        WalkLines real = Walk(Golden.Load(Pc72), out _);
        WalkedSection[] sections = [.. real.Sections];
        sections[7] = sections[7] with { IdStr = "nobody-knows" };
        byte[] stream = Write(sections, hasFooters: false, []);
        var found = new WalkLines();
        using var input = new StateInput(new MemoryStream(stream));
        WireException defect = Assert.Throws<WireException>(() => new StateWalker(input, found).Run(TestContext.Current.CancellationToken));
        Assert.Contains("'nobody-knows'", defect.Reason, StringComparison.Ordinal);
        Assert.Equal((byte)SectionType.Full, stream[(int)defect.Offset]);
        Assert.Equal(stream.AsSpan().IndexOf("nobody-knows"u8) - 6, (int)defect.Offset);
        Assert.Equal(defect.Offset, Assert.Single(found.Defects).Offset);
    }

    [Fact]
    public void AForgedFooterIsSeenThrough()
    {
        WalkLines real = Walk(Golden.Load(Pc72), out _);
        WalkedSection[] sections = [.. real.Sections];
        int at = Array.FindIndex(sections, section => section.IdStr == "vmmouse");
        var forged = new WireWriter();
        ForwardWriter.WriteFooter(forged, sections[at].SectionId);
        ForwardWriter.WriteSectionStart(forged, SectionType.Full, 4000, "forged", 0, 1);
        byte[] body = sections[at].Body.ToArray();
        forged.WrittenSpan.CopyTo(body.AsSpan(500));
        sections[at] = sections[at] with { Body = body };

        WalkLines found = Walk(Write(sections, hasFooters: true, []), out _);
        Assert.Empty(found.Defects);
        AssertSame(sections, found.Sections);
        Assert.Equal(SectionCut.Catalogue, found.Sections[at].Cut);
        Assert.All(found.Sections.Where((_, i) => i != at), section => Assert.Equal(SectionCut.Footer, section.Cut));
    }

    private static void AssertSame(IEnumerable<WalkedSection> expected, IEnumerable<WalkedSection> found) => Assert.Equal(
        expected.Select(section => (section.IdStr, section.InstanceId, section.VersionId, Convert.ToHexString(section.Body.Span))),
        found.Select(section => (section.IdStr, section.InstanceId, section.VersionId, Convert.ToHexString(section.Body.Span))));

    private static WalkLines Walk(byte[] stream, out byte[] description)
    {
        var found = new WalkLines();
        using var input = new StateInput(new MemoryStream(stream));
        new StateWalker(input, found).Run(TestContext.Current.CancellationToken);
        description = found.Description.ToArray();
        return found;
    }

    /// <summary>A stream with one page of RAM and these devices.</summary>
    private static byte[] Write(IEnumerable<WalkedSection> sections, bool hasFooters, byte[] description)
    {
        const ulong zero = 0x02, memorySize = 0x04, endOfSection = 0x10, page = 4096;
        const uint ram = 2;
        var writer = new WireWriter();
        ForwardWriter.WriteHeader(writer);
        ForwardWriter.WriteSectionStart(writer, SectionType.Start, ram, "ram", 0, 4);
        writer.WriteUInt64(page | memorySize);
        writer.WriteCountedString("pc.ram");
        writer.WriteUInt64(page);
        writer.WriteUInt64(endOfSection);
        Close(ram);
        ForwardWriter.WriteSectionPart(writer, SectionType.End, ram);
        writer.WriteUInt64(zero);
        writer.WriteCountedString("pc.ram");
        writer.WriteByte(0);
        writer.WriteUInt64(endOfSection);
        Close(ram);
        foreach (WalkedSection section in sections)
        {
            ForwardWriter.WriteSectionStart(writer, SectionType.Full, section.SectionId, section.IdStr, section.InstanceId, section.VersionId);
            writer.WriteBytes(section.Body.Span);
            Close(section.SectionId);
        }
        ForwardWriter.WriteEndOfFile(writer);
        if (description.Length > 0)
            ForwardWriter.WriteDescription(writer, description);
        return writer.WrittenSpan.ToArray();

        void Close(uint sectionId)
        {
            if (hasFooters)
                ForwardWriter.WriteFooter(writer, sectionId);
        }
    }
}
