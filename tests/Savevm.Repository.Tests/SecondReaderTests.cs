using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using System.Text.Json.Nodes;

namespace Savevm.Repository.Tests;

/// <summary>Reads a snapshot by the tables of docs/snapshot-format.md alone, with none of the code that wrote it.</summary>
public sealed class SecondReaderTests
{
    [Fact]
    public void The_files_are_what_the_format_description_says()
    {
        using var temporary = new TemporaryRepository();
        SampleSnapshot.Write(temporary.Repository, "web");
        var directory = Path.Combine(temporary.Path, "web");

        var manifest = File.ReadAllBytes(Path.Combine(directory, "manifest.json"));
        var checksum = XxHash3.HashToUInt64(manifest.AsSpan(..^42));
        Assert.Equal($"\"manifest_checksum\": \"{checksum:x16}\"\n}}\n", Encoding.ASCII.GetString(manifest.AsSpan(^42..)));
        var fields = JsonNode.Parse(manifest)!;
        Assert.Equal("savevm-snapshot", (string?)fields["format"]!["kind"]);
        Assert.Equal(1, (int?)fields["format"]!["read_version"]);
        Assert.Equal("live", (string?)fields["mode"]);

        foreach (var (name, entry) in new[] { ("devices.bin", fields["devices"]!), ("description.json", fields["description"]!) })
        {
            var bytes = File.ReadAllBytes(Path.Combine(directory, name));
            Assert.Equal(name, (string?)entry["file"]);
            Assert.Equal(bytes.Length, (int?)entry["bytes"]);
            Assert.Equal($"{XxHash3.HashToUInt64(bytes):x16}", (string?)entry["checksum"]);
        }
        var devices = File.ReadAllBytes(Path.Combine(directory, "devices.bin"));
        var timer = fields["devices"]!["sections"]![1]!;
        var body = devices.AsSpan((int)timer["offset"]!, (int)timer["bytes"]!);
        Assert.Equal(SampleSnapshot.Devices.Sections[1].Body.ToArray(), body.ToArray());

        for (var block = 0; block < SampleSnapshot.Blocks.Length; block++)
            CheckBlock(fields["ram"]!["blocks"]![block]!, directory, SampleSnapshot.Blocks[block].IdStr, SampleSnapshot.Blocks[block].UsedLength);
    }

    private static void CheckBlock(JsonNode entry, string directory, string idStr, long length)
    {
        Assert.Equal(idStr, (string?)entry["idstr"]);
        Assert.Equal(length, (long?)entry["used_length"]);
        var image = File.ReadAllBytes(Path.Combine(directory, (string)entry["image"]!));
        var sums = File.ReadAllBytes(Path.Combine(directory, (string)entry["sums"]!));
        Assert.Equal(length, image.Length);
        var chunks = (int)((length + 65535) / 65536);
        Assert.Equal(64 + 8 * chunks + 8, sums.Length);
        Assert.Equal("SVMXXH3\n", Encoding.ASCII.GetString(sums.AsSpan(0, 8)));
        ulong[] header = [1, 65536, (ulong)length, (ulong)chunks, 512, 0];
        for (var field = 0; field < header.Length; field++) Assert.Equal(header[field], Integer(sums, 8 + 8 * field));
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            var contents = image.AsSpan(chunk * 65536, Math.Min(65536, image.Length - chunk * 65536));
            Assert.Equal(XxHash3.HashToUInt64(contents), Integer(sums, 64 + 8 * chunk));
        }
        Assert.Equal(XxHash3.HashToUInt64(sums.AsSpan(64, 8 * chunks)), Integer(sums, 64 + 8 * chunks));
        byte[] covered = [.. sums[..56], .. sums[(64 + 8 * chunks)..]];
        Assert.Equal(XxHash3.HashToUInt64(covered), Integer(sums, 56));
        Assert.Equal($"{Integer(sums, 56):x16}", (string?)entry["sums_checksum"]);
    }

    private static ulong Integer(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(offset));
}
