using System.Buffers.Binary;
using System.Text;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;
using Savevm.Wire.Tests.Vectors;

namespace Savevm.Wire.Tests;

/// <summary>Every truncation and every single-bit flip of small inputs: a result or a defect with its offset, and nothing else.</summary>
public class BitFlipTests
{
    private const long MaxAllocatedBytes = 1 << 20;

    [Fact]
    public void Every_flip_and_every_cut_of_every_element_in_every_reader()
    {
        foreach (string text in HostileElements.Texts)
        {
            byte[] element = Hex.Bytes(text);
            foreach ((string name, Windows.TryRead read) in HostileElements.Readers)
            {
                for (int cut = 0; cut < element.Length; cut++)
                    AssertHarmless(name, read, element.AsSpan(0, cut));
                for (int bit = 0; bit < element.Length * 8; bit++)
                {
                    element[bit / 8] ^= (byte)(1 << (bit % 8));
                    AssertHarmless(name, read, element);
                    element[bit / 8] ^= (byte)(1 << (bit % 8));
                }
            }
        }
    }

    [Fact]
    public void Every_flip_of_a_small_stream_changes_what_is_reported_or_is_caught()
    {
        byte[] stream = MakeStream();
        List<string> reported = StreamTranscript.Read(stream, 0, StreamDialect.Default).Lines;
        Assert.True(reported.Count > 20);
        Assert.DoesNotContain("cut", reported);
        int caught = 0;
        for (int bit = 0; bit < stream.Length * 8; bit++)
        {
            stream[bit / 8] ^= (byte)(1 << (bit % 8));
            long before = GC.GetAllocatedBytesForCurrentThread();
            List<string>? lines = TryRead(stream);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocatedBytes);
            caught += lines is null ? 1 : 0;
            Assert.False(lines is not null && lines.SequenceEqual(reported), $"flip of bit {bit % 8} at 0x{bit / 8:x}");
            stream[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        Assert.InRange(caught, stream.Length, stream.Length * 8);
    }

    [Fact]
    public void Every_cut_of_a_small_stream_is_seen()
    {
        byte[] stream = MakeStream();
        int end = stream.Length - 5 - BinaryPrimitives.ReadInt32BigEndian(stream.AsSpan(stream.AsSpan().LastIndexOf("\x06\0\0"u8) + 1));
        List<string> reported = StreamTranscript.Read(stream, 0, StreamDialect.Default).Lines;
        for (int cut = 0; cut < stream.Length; cut++)
        {
            List<string>? lines = TryRead(stream[..cut]);

            // A stream without description ends behind its end mark.
            if (cut == end)
                Assert.EndsWith("EOF", lines![^1], StringComparison.Ordinal);
            else
                Assert.True(lines is null || lines[^1] == "cut", $"cut at 0x{cut:x}");
        }
        Assert.EndsWith(" EOF", reported[^2], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_flip_of_a_small_description_is_read_or_refused()
    {
        byte[] text = Encoding.ASCII.GetBytes(
            """{"page_size": 4096, "devices": [{"name": "d", "instance_id": 0, "version": 1, "fields": [{"name": "l", "type": "qlist", "vmsd_name": "e", "version": 1, "fields": [{"name": "x", "array_len": 2, "type": "uint8", "size": 1}], "size": 4}], "subsections": [{"vmsd_name": "d/s", "version": 1, "fields": [{"name": "y", "index": 0, "type": "struct", "struct": {}, "size": 1}]}]}]}""");
        VMDescription whole = VMDescription.Parse(text, 0);
        Assert.Equal(14, Assert.Single(whole.Entries).BodyBytes);
        for (int bit = 0; bit < text.Length * 8; bit++)
        {
            text[bit / 8] ^= (byte)(1 << (bit % 8));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                foreach (DescribedDevice device in VMDescription.Parse(text, 0).Devices)
                    CheckBody(device);
            }
            catch (WireException e)
            {
                Assert.InRange(e.Offset, 0, text.Length);
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocatedBytes);
            text[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    private static void CheckBody(DescribedDevice device)
    {
        byte[] body = new byte[Math.Min(device.BodyBytes, 4096)];
        try
        {
            DescribedBody.Check(device, body, 0);
        }
        catch (WireException e)
        {
            Assert.InRange(e.Offset, 0, body.Length);
        }
    }

    private static void AssertHarmless(string name, Windows.TryRead read, ReadOnlySpan<byte> window)
    {
        const long Offset = 0x7000_0000_0000;
        try
        {
            bool done = read(window, Offset, out int consumed);
            if (done ? consumed < 0 || consumed > window.Length : consumed != 0)
                Assert.Fail($"{name}: {done}, {consumed} of {Hex.Text(window)}");
        }
        catch (WireException e)
        {
            if (e.Offset < Offset || e.Offset > Offset + window.Length)
                Assert.Fail($"{name}: offset {e.Offset - Offset} of {Hex.Text(window)}");
        }
    }

    /// <summary>The lines; null when a defect was found, by a reader or by what the transcript demands of a whole stream.</summary>
    private static List<string>? TryRead(byte[] stream)
    {
        try
        {
            return StreamTranscript.Read(stream, 0, StreamDialect.Default).Lines;
        }
        catch (Exception e) when (e is WireException or Xunit.Sdk.XunitException)
        {
            return null;
        }
    }

    private static byte[] MakeStream()
    {
        var writer = new WireWriter();
        ForwardWriter.WriteHeader(writer);
        ForwardWriter.WriteConfiguration(writer, ConfigurationRecord.Create("pc", ["x-ignore-shared"], null, Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")));
        ForwardWriter.WriteCommand(writer, CommandType.OpenReturnPath);
        ForwardWriter.WritePing(writer, 1);
        ForwardWriter.WriteSectionStart(writer, SectionType.Start, 2, "ram", 0, 4);
        RamRecordWriter.WriteSetup(
            writer,
            [new RamSetupBlock("m", 0x2000, 0x1000) { GuestAddress = 0 }, new RamSetupBlock("n", 0x1000, 0x1000) { GuestAddress = 0x2000 }],
            new StreamDialect { HasGuestAddresses = true });
        RamRecordWriter.WriteEndOfSection(writer);
        ForwardWriter.WriteFooter(writer, 2);
        ForwardWriter.WriteSectionPart(writer, SectionType.Part, 2);
        Span<byte> head = stackalloc byte[RamRecordWriter.MaxPageHeaderBytes + 4];
        writer.WriteBytes(head[..RamRecordWriter.WriteZeroPage(head, 0x1000, "m"u8)]);
        writer.WriteBytes(head[..RamRecordWriter.WriteXbzrleHeader(head, 0, [], 3)]);
        writer.WriteBytes([0, 1, 7]);
        RamRecordWriter.WriteEndOfSection(writer);
        ForwardWriter.WriteFooter(writer, 2);
        ForwardWriter.WriteSectionPart(writer, SectionType.End, 2);
        RamRecordWriter.WriteEndOfSection(writer);
        ForwardWriter.WriteFooter(writer, 2);
        ForwardWriter.WriteSectionStart(writer, SectionType.Full, 7, "timer", 0, 2);
        writer.WriteBytes("0123456789abcdef"u8);
        ForwardWriter.WriteFooter(writer, 7);
        ForwardWriter.WriteSectionStart(writer, SectionType.Full, 8, "port92", 0, 1);
        writer.WriteByte(0);
        ForwardWriter.WriteFooter(writer, 8);
        ForwardWriter.WriteEndOfFile(writer);
        ForwardWriter.WriteDescription(
            writer,
            """{"devices": [{"name": "timer", "instance_id": 0, "version": 2, "fields": [{"size": 16}]}, {"name": "port92", "instance_id": 0, "version": 1, "fields": [{"size": 1}]}]}""");
        return writer.WrittenSpan.ToArray();
    }
}
