using System.Text.Json;
using System.Text.Json.Nodes;
using Savevm.Wire.Dialects;

namespace Savevm.Wire.Tests.Vectors;

/// <summary>
/// What real QEMUs wrote, read twice: by the real readers and by the slow ones. Both must say what is stored in JSON beside the
/// vector, and the real writers must give the vector's bytes again. See <c>Golden/README.md</c>.
/// </summary>
public class VectorTests
{
    /// <summary>
    /// A folder to which the slow readers write the JSON of every vector, for vectors that are new; nothing is compared with it then.
    /// </summary>
    private static readonly string? Output = Environment.GetEnvironmentVariable("SAVEVM_VECTOR_OUTPUT");

    private static readonly StreamDialect Postcopy = new() { HasPostcopyPageSizes = true };

    private static readonly Dictionary<string, int> TinyBlocks = new()
    {
        ["pc.ram"] = 512,
        ["/rom@etc/acpi/tables"] = 32,
        ["pc.bios"] = 16,
        ["pc.rom"] = 32,
        ["/rom@etc/table-loader"] = 1,
        ["/rom@etc/acpi/rsdp"] = 1,
    };

    [Theory]
    [InlineData("q72-tiny.stream", 0, false)]
    [InlineData("q100-tiny.stream", 0, false)]
    [InlineData("q72-background.stream", 0, false)]
    [InlineData("q72-compress.stream", 0, false)]
    [InlineData("q72-dirty-bitmap.stream", 0, false)]
    [InlineData("q100-ignore-shared.stream", 0, false)]
    [InlineData("q100-xbzrle.stream", 0, false)]
    [InlineData("q72-multifd-none.stream", 0, false)]
    [InlineData("q100-multifd-none.stream", 0, false)]
    [InlineData("q72-preempt.stream", 0, true)]
    [InlineData("q100-paused.stream", 0, true)]
    [InlineData("q100-recovery.stream", 0, true)]
    [InlineData("q100-mapped.file", 0, false)]
    [InlineData("q100-mapped-offset.file", 0x1234, false)]
    public void A_main_stream(string name, int start, bool isPostcopy)
    {
        byte[] stream = GoldenStream.Load(name + ".gz");
        Check(name, SlowStreamReader.Read(stream, start, isPostcopy), out List<string> stored);
        StreamTranscript transcript = StreamTranscript.Read(stream, start, isPostcopy ? Postcopy : StreamDialect.Default);
        Assert.Equal(stored, transcript.Lines);

        // The connection that was cut ends within a page.
        ReadOnlySpan<byte> whole = transcript.Lines[^1] == "cut" ? stream.AsSpan(0, transcript.Rewritten.Length) : stream;
        Assert.True(whole.SequenceEqual(transcript.Rewritten.WrittenSpan));
        Assert.InRange(stream.Length - whole.Length, 0, 4200);
    }

    [Fact]
    public void A_channel_of_requested_pages()
    {
        byte[] channel = GoldenStream.Load("q72-preempt.pages.gz");
        Check("q72-preempt.pages", SlowStreamReader.ReadPages(channel), out List<string> stored);
        StreamTranscript transcript = StreamTranscript.ReadPages(channel);
        Assert.Equal(stored, transcript.Lines);
        Assert.True(transcript.Rewritten.WrittenSpan.SequenceEqual(channel));
        Assert.Contains(stored, line => line.EndsWith(" EOS", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("q72-multifd-none")]
    [InlineData("q72-multifd-zlib")]
    [InlineData("q72-multifd-zstd")]
    [InlineData("q100-multifd-none")]
    [InlineData("q100-multifd-zlib")]
    [InlineData("q100-multifd-zstd")]
    public void Multifd_channels(string name)
    {
        foreach (string channel in new[] { name + ".channel0", name + ".channel1" })
        {
            byte[] bytes = GoldenStream.Load(channel + ".gz");
            Check(channel, SlowChannelReader.ReadMultifd(bytes), out List<string> stored);
            ChannelTranscript transcript = ChannelTranscript.ReadMultifd(bytes);
            Assert.Equal(stored, transcript.Lines);
            Assert.True(transcript.Rewritten.WrittenSpan.SequenceEqual(transcript.Canonical));
        }
    }

    [Theory]
    [InlineData("q72-preempt.return")]
    [InlineData("q100-paused.return")]
    [InlineData("q100-recovery.return")]
    [InlineData("q100-switchover-ack.return")]
    public void A_return_path(string name)
    {
        byte[] bytes = GoldenStream.Load(name + ".gz");
        Check(name, SlowChannelReader.ReadReturnPath(bytes, TinyBlocks), out List<string> stored);
        ChannelTranscript transcript = ChannelTranscript.ReadReturnPath(bytes, TinyBlocks);
        Assert.Equal(stored, transcript.Lines);
        Assert.True(transcript.Rewritten.WrittenSpan.SequenceEqual(bytes));
    }

    [Fact]
    public void The_dirty_bitmaps_of_a_stream_are_what_the_guest_had_written()
    {
        StreamTranscript transcript = StreamTranscript.Read(GoldenStream.Load("q72-dirty-bitmap.stream.gz"), 0, StreamDialect.Default);
        Assert.Equal(
            ["d0/b1 50 of 4096, complete True", "d0/b0 5 of 65536, complete True"],
            transcript.Bitmaps.Select(bitmap => $"{bitmap.NodeName}/{bitmap.Name} {bitmap.DirtyGranules} of {bitmap.Granularity}, complete {bitmap.IsComplete}"));
        Assert.All(transcript.Bitmaps, bitmap => Assert.Equal(64 << 20, bitmap.Sectors * 512));
    }

    /// <summary>Compares what a slow reader found with what is stored.</summary>
    private static void Check(string name, List<string> found, out List<string> stored)
    {
        if (Output is not null)
        {
            var lines = new JsonArray([.. found.Select(line => (JsonNode)line)]);
            File.WriteAllText(Path.Combine(Output, name + ".json"), lines.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
            stored = found;
            return;
        }
        var array = (JsonArray)JsonNode.Parse(GoldenStream.Load(name + ".json.gz"))!;
        stored = [.. array.Select(line => (string)line!)];
        Assert.Equal(stored, found);
    }
}
