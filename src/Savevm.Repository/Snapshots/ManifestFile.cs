using System.Buffers;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Savevm.Linux.Files;
using Savevm.Machine;

namespace Savevm.Repository.Snapshots;

// The manifest is a JSON object whose last member is its own checksum, always spelled in the same way, so that whoever checks it needs
// no JSON: the last 42 bytes are
//
//     "manifest_checksum": "0123456789abcdef"\n}\n
//
// and the checksum is the XXH3-64 of every byte before them. This form never changes, whatever the format's version.

/// <summary>The manifest's bytes: the JSON and its checksum, not what it says.</summary>
internal static class ManifestFile
{
    internal const string ChecksumField = "manifest_checksum";

    private static readonly int TailBytes = Tail(0).Length;

    /// <summary>The bytes of a manifest with these fields; a checksum among them is replaced.</summary>
    internal static byte[] Serialize(JsonObject fields)
    {
        fields.Remove(ChecksumField);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" })) fields.WriteTo(writer);
        // "…\n}" becomes "…,\n  " and the tail.
        var body = buffer.WrittenSpan[..^2];
        byte[] covered = [.. body, .. ",\n  "u8];
        byte[] bytes = [.. covered, .. Tail(XxHash3.HashToUInt64(covered))];
        if (bytes.Length > RepositoryLimits.ManifestBytes)
            throw new MachineRefusedException($"the manifest would have {bytes.Length} bytes, more than {RepositoryLimits.ManifestBytes}");
        return bytes;
    }

    /// <summary>Reads a snapshot's manifest and checks it against its checksum.</summary>
    /// <exception cref="DamagedStateException">It is missing, too long, or not what was written.</exception>
    internal static byte[] Read(LinuxDirectory snapshot)
    {
        using var file = SnapshotFiles.Open(snapshot, SnapshotFiles.Manifest, SnapshotFiles.Manifest);
        var length = file.Status().Length;
        if (length < TailBytes || length > RepositoryLimits.ManifestBytes)
            throw new DamagedStateException(SnapshotFiles.Manifest, -1, $"cannot have {length} bytes");
        var bytes = new byte[length];
        if (file.Read(bytes, 0) != bytes.Length) throw new DamagedStateException(SnapshotFiles.Manifest, -1, "is cut off");
        var covered = bytes.AsSpan(0, bytes.Length - TailBytes);
        if (!bytes.AsSpan(covered.Length).SequenceEqual(Tail(XxHash3.HashToUInt64(covered))))
            throw new DamagedStateException(SnapshotFiles.Manifest, -1, "does not match its checksum");
        return bytes;
    }

    /// <summary>Parses a manifest's bytes.</summary>
    /// <exception cref="DamagedStateException">They are not JSON, or hold a text that is not Unicode.</exception>
    internal static JsonDocument Parse(ReadOnlyMemory<byte> bytes)
    {
        // The parser accepts texts that fail only when somebody asks for them; whoever reads a free section must not be surprised.
        if (!Utf8.IsValid(bytes.Span)) throw new DamagedStateException(SnapshotFiles.Manifest, -1, "is not UTF-8");
        try
        {
            var document = JsonDocument.Parse(bytes, new JsonDocumentOptions
            {
                MaxDepth = RepositoryLimits.ManifestDepth,
                AllowDuplicateProperties = false,
            });
            if (bytes.Span.IndexOf("\\ud"u8) >= 0 || bytes.Span.IndexOf("\\uD"u8) >= 0) ReadAllTexts(document.RootElement);
            return document;
        }
        catch (JsonException error)
        {
            throw new DamagedStateException(SnapshotFiles.Manifest, -1, $"is not JSON: {error.Message}");
        }
        catch (InvalidOperationException)
        {
            throw new DamagedStateException(SnapshotFiles.Manifest, -1, "holds a text that is not Unicode");
        }
    }

    private static void ReadAllTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) ReadAllTexts(item);
                break;
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    ReadAllTexts(member.Value);
                }
                break;
        }
    }

    private static byte[] Tail(ulong checksum) => Encoding.ASCII.GetBytes($"\"{ChecksumField}\": \"{checksum:x16}\"\n}}\n");
}
