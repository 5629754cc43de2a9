using System.Text;
using System.Text.Json;
using Savevm.States.Opening;
using Savevm.States.Reading;
using Savevm.States.Surveys;
using Savevm.Wire;
using Savevm.Wire.Forward;

namespace Savevm.States.Tests.Reading;

/// <summary>Streams of real QEMUs, and streams that are made to mislead.</summary>
public sealed class StateWalkerTests
{
    public static TheoryData<string> Streams =>
    [
        "q72-tiny.stream", "q100-tiny.stream", "q72-background.stream", "q72-compress.stream", "q72-dirty-bitmap.stream", "q100-ignore-shared.stream",
        "q100-xbzrle.stream", "q72-multifd-none.stream", "q72-preempt.stream",
    ];

    [Theory]
    [MemberData(nameof(Streams))]
    public void WhatIsFoundIsWhatTheStoredReadingTells(string name)
    {
        var found = new WalkLines();
        using var input = new StateInput(new MemoryStream(Golden.Load(name + ".gz")));
        new StateWalker(input, found).Run(TestContext.Current.CancellationToken);
        string[] stored = JsonSerializer.Deserialize<string[]>(Golden.Load(name + ".json.gz"))!;
        Assert.Equal(WalkLines.Expected(stored), found.Lines);
        Assert.Empty(found.Defects);
        Assert.All(found.Sections, section => Assert.True(section.Cut is SectionCut.Confirmed || section.IsPackaged));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void AWindowOfOneByteAtATimeChangesNothing(string name)
    {
        var whole = new WalkLines();
        using (var input = new StateInput(new MemoryStream(Golden.Load(name + ".gz"))))
            new StateWalker(input, whole).Run(TestContext.Current.CancellationToken);
        var drops = new WalkLines();
        using (var input = new StateInput(new Drops(Golden.Load(name + ".gz"), 997), windowBytes: 64))
            new StateWalker(input, drops).Run(TestContext.Current.CancellationToken);
        Assert.Equal(whole.Lines, drops.Lines);
        Assert.Equal(whole.Sections.Select(section => (section.Offset, section.Body.Length)), drops.Sections.Select(section => (section.Offset, section.Body.Length)));
    }

    /// <summary>Blocks that are read ahead, shorter and longer than what stands in them.</summary>
    [Theory]
    [InlineData("q100-tiny.stream", 512)]
    [InlineData("q100-tiny.stream", 5000)]
    [InlineData("q100-xbzrle.stream", 4096)]
    [InlineData("q72-dirty-bitmap.stream", 3001)]
    public void ReadingAheadChangesNothing(string name, int windowBytes)
    {
        byte[] stream = Golden.Load(name + ".gz");
        var whole = new WalkLines();
        using (var input = new StateInput(new MemoryStream(stream)))
            new StateWalker(input, whole).Run(TestContext.Current.CancellationToken);
        using TestFolder folder = new();
        using SavedStateFile opened = SavedStateFile.Open(folder.Write("stream", stream));
        var ahead = new WalkLines();
        using (var input = new StateInput(opened, windowBytes))
            new StateWalker(input, ahead).Run(TestContext.Current.CancellationToken);
        Assert.Equal(whole.Lines, ahead.Lines);
        Assert.Equal(
            whole.Sections.Select(section => (section.Offset, Convert.ToHexString(section.Body.Span))),
            ahead.Sections.Select(section => (section.Offset, Convert.ToHexString(section.Body.Span))));
    }

    [Fact]
    public void ADescriptionThatIsLongerThanWanted_IsNotRead()
    {
        byte[] stream = Golden.Load("q100-tiny.stream.gz");
        var whole = new WalkLines();
        using (var input = new StateInput(new MemoryStream(stream)))
            new StateWalker(input, whole) { MaxDescriptionBytes = stream.Length }.Run(TestContext.Current.CancellationToken);
        Assert.Empty(whole.Defects);
        using var again = new StateInput(new MemoryStream(stream));
        var walker = new StateWalker(again, new WalkLines()) { MaxDescriptionBytes = 1000 };
        Assert.Contains("1000 at most", Assert.Throws<WireException>(() => walker.Run(TestContext.Current.CancellationToken)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void MappedPagesAreFoundWhereTheyAre()
    {
        using TestFolder folder = new();
        using SavedStateFile opened = SavedStateFile.Open(folder.Write("mapped", Golden.Load("q100-mapped.file.gz")));
        using var input = new StateInput(opened);
        var found = new WalkLines();
        new StateWalker(input, found).Run(TestContext.Current.CancellationToken);
        string[] stored = JsonSerializer.Deserialize<string[]>(Golden.Load("q100-mapped.file.json.gz"))!;
        Assert.Equal(stored.SelectMany(WalkLines.ExpectedMapped), found.Lines.Where(line => line.Contains(" PAGE ", StringComparison.Ordinal)));
        Assert.Empty(found.Defects);
        Assert.All(found.Sections, section => Assert.Equal(SectionCut.Confirmed, section.Cut));
    }

    [Fact]
    public void ABodyThatLooksLikeItsOwnEndIsCutByTheDescription()
    {
        byte[] stream = Misleading(withDescription: true, breaksScan: false);
        WalkedSection[] sections = Walk(stream, out List<StateDefect> defects);
        Assert.Equal(["sly", "other"], sections.Select(section => section.IdStr));
        Assert.Equal(SectionCut.Description, sections[0].Cut);
        Assert.Equal(31, sections[0].Body.Length);
        Assert.Empty(defects);
    }

    [Fact]
    public void ABodyThatLeadsTheScanAstrayIsRescuedByTheDescription()
    {
        byte[] stream = Misleading(withDescription: true, breaksScan: true);
        WalkedSection[] sections = Walk(stream, out List<StateDefect> defects);
        Assert.Equal(["sly", "other"], sections.Select(section => section.IdStr));
        Assert.All(sections, section => Assert.Equal(SectionCut.Description, section.Cut));
        Assert.Empty(defects);
    }

    [Fact]
    public void WithoutDescriptionTheGuessIsSaid()
    {
        WalkedSection[] sections = Walk(Misleading(withDescription: false, breaksScan: false), out _);
        Assert.Contains(sections, section => section.Cut == SectionCut.Ambiguous);
    }

    [Fact]
    public void EveryBitThatIsTurnedIsHandled()
    {
        byte[] stream = Golden.Load("q100-tiny.stream.gz");
        // Of the pages one in many, of all else every bit.
        for (int at = 0; at < stream.Length; at += at < 0x100 ? 1 : 383)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                stream[at] ^= (byte)(1 << bit);
                var survey = new StateSurvey();
                using (var input = new StateInput(new MemoryStream(stream)))
                    survey.Read(input, null, TestContext.Current.CancellationToken);
                stream[at] ^= (byte)(1 << bit);
            }
        }
    }

    [Fact]
    public void AStreamThatEndsEarlySaysWhere()
    {
        byte[] stream = Golden.Load("q100-tiny.stream.gz");
        for (int length = 0; length < stream.Length; length += 1237)
        {
            var survey = new StateSurvey();
            using (var input = new StateInput(new MemoryStream(stream[..length])))
                survey.Read(input, null, TestContext.Current.CancellationToken);
            StateDefect defect = Assert.Single(survey.Defects);
            Assert.InRange(defect.Offset, 0, length);
            Assert.Null(survey.StreamEnd);
        }
    }

    [Fact]
    public void ACountedPageIsCountedOnce()
    {
        var survey = new StateSurvey(comparesPages: true);
        using var input = new StateInput(new MemoryStream(Golden.Load("q72-tiny.stream.gz")));
        survey.Read(input, null, TestContext.Current.CancellationToken);
        BlockCensus ram = survey.Blocks[0];
        Assert.Equal((512, 512), (ram.PageCount, ram.SeenPages));
        Assert.Equal(ram.SeenPages, ram.ZeroPages + ram.DataPages);
        Assert.InRange(ram.DataPages, 16, 40);
        Assert.Empty(survey.MissingPages());
        (long distinct, long repeated) = survey.ComparePages();
        Assert.Equal(survey.Blocks.Sum(block => block.DataPages), distinct + repeated);
        Assert.Equal("7.2 or later, before 8.2", ReleaseGuess.Of(survey).ToString());
    }

    private static WalkedSection[] Walk(byte[] stream, out List<StateDefect> defects)
    {
        var found = new WalkLines();
        using var input = new StateInput(new MemoryStream(stream));
        new StateWalker(input, found).Run(TestContext.Current.CancellationToken);
        defects = found.Defects;
        return [.. found.Sections];
    }

    /// <summary>Two devices; the body of the first holds its own footer and what looks like the head of another section.</summary>
    private static byte[] Misleading(bool withDescription, bool breaksScan)
    {
        var body = new WireWriter();
        body.WriteUInt32(1);
        ForwardWriter.WriteFooter(body, 5);
        ForwardWriter.WriteSectionStart(body, SectionType.Full, breaksScan ? 9u : 6u, "fake", 0, 1);
        body.WriteUInt32(2);
        var writer = new WireWriter();
        ForwardWriter.WriteHeader(writer);
        ForwardWriter.WriteConfiguration(writer, ConfigurationRecord.Create("pc-i440fx-10.0"));
        ForwardWriter.WriteSectionStart(writer, SectionType.Full, 5, "sly", 0, 1);
        writer.WriteBytes(body.WrittenSpan);
        ForwardWriter.WriteFooter(writer, 5);
        ForwardWriter.WriteSectionStart(writer, SectionType.Full, 6, "other", 0, 1);
        writer.WriteUInt32(3);
        ForwardWriter.WriteFooter(writer, 6);
        ForwardWriter.WriteEndOfFile(writer);
        if (withDescription)
        {
            ForwardWriter.WriteDescription(writer, Encoding.ASCII.GetBytes(
                $$"""
                {"page_size": 4096, "devices": [
                {"name": "sly", "instance_id": 0, "vmsd_name": "sly", "version": 1, "fields": [{"name": "a", "type": "buffer", "size": {{body.Length}}}]},
                {"name": "other", "instance_id": 0, "vmsd_name": "other", "version": 1, "fields": [{"name": "b", "type": "uint32", "size": 4}]}]}
                """));
        }
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>Gives a few bytes at a time.</summary>
    private sealed class Drops(byte[] bytes, int step) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(step, buffer.Length)]);
    }
}
