using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Savevm.Linux.Files;
using Savevm.Machine;
using Savevm.Repository.Snapshots;

namespace Savevm.Repository.Tests.Snapshots;

/// <summary>A manifest may be written by an enemy, who can compute a checksum as well as we can.</summary>
public sealed class HostileManifestTests : IDisposable
{
    private const long MaximumAllocation = 4 << 20;
    private const int ManifestTailLength = 42;

    private readonly TemporaryRepository temporary = new();

    public HostileManifestTests() => SampleSnapshot.Write(temporary.Repository, "web");

    private string ManifestPath => Path.Combine(temporary.Path, "web", "manifest.json");

    public void Dispose() => temporary.Dispose();

    [Theory]
    [InlineData("ram.blocks.0.used_length", "4611686018427387904")]
    [InlineData("ram.blocks.0.used_length", "17592186044416")]
    [InlineData("ram.blocks.0.used_length", "9223372036854775807")]
    [InlineData("ram.blocks.0.used_length", "18446744073709551615")]
    [InlineData("ram.blocks.0.used_length", "-4096")]
    [InlineData("ram.blocks.0.used_length", "4097")]
    [InlineData("ram.blocks.0.used_length", "1e3")]
    [InlineData("ram.blocks.0.used_length", "1e400")]
    [InlineData("ram.blocks.0.used_length", "\"4096\"")]
    [InlineData("ram.blocks.0.used_length", "null")]
    [InlineData("ram.blocks.0.data_bytes", "9999999999")]
    [InlineData("ram.blocks.0.idstr", "\"\"")]
    [InlineData("ram.blocks.0.idstr", "\"0000:00:02.0/vga.vram\"")]
    [InlineData("ram.blocks.0.image", "\"../../../../etc/passwd\"")]
    [InlineData("ram.blocks.0.image", "\"/etc/passwd\"")]
    [InlineData("ram.blocks.0.image", "\"ram/00.img\\u0000\"")]
    [InlineData("ram.blocks.0.image", "\"ram/01.img\"")]
    [InlineData("ram.blocks.0.sums", "\"ram/../ram/00.sum\"")]
    [InlineData("ram.blocks.0.sums_checksum", "\"0\"")]
    [InlineData("ram.blocks.0.sums_checksum", "\"0123456789abcdeg\"")]
    [InlineData("ram.blocks.0.sums_checksum", "\"-123456789abcdef\"")]
    [InlineData("ram.blocks.0.sums_checksum", "\"0123456789abcdef\"")]
    [InlineData("ram.blocks.0", "7")]
    [InlineData("ram.blocks", "{}")]
    [InlineData("ram.chunk_bytes", "1")]
    [InlineData("ram.section_id", "-1")]
    [InlineData("ram", "[]")]
    [InlineData("devices.file", "\"../other/devices.bin\"")]
    [InlineData("devices.bytes", "2147483648")]
    [InlineData("devices.bytes", "1")]
    [InlineData("devices.checksum", "\"0123456789abcdef\"")]
    [InlineData("devices.machine_name", "\"\"")]
    [InlineData("devices.machine_name", "\"pc-i440fx-7.3\"")]
    [InlineData("devices.configuration_bytes", "65536")]
    [InlineData("devices.configuration_bytes", "3")]
    [InlineData("devices.sections.1.bytes", "299")]
    [InlineData("devices.sections.1.bytes", "301")]
    [InlineData("devices.sections.1.bytes", "2147483647")]
    [InlineData("devices.sections.1.bytes", "-1")]
    [InlineData("devices.sections.1.offset", "9223372036854775807")]
    [InlineData("devices.sections.1.offset", "0")]
    [InlineData("devices.sections.1.idstr", "\"timex\"")]
    [InlineData("devices.sections.1.section_id", "4294967296")]
    [InlineData("devices.sections.1.section_id", "1")]
    [InlineData("devices.sections.1.early", "1")]
    [InlineData("devices.sections", "[]")]
    [InlineData("devices.commands.0.command", "65536")]
    [InlineData("devices.commands.0.payload", "\"0\"")]
    [InlineData("devices.commands.0.payload", "\"zz\"")]
    [InlineData("description.file", "\"/etc/shadow\"")]
    [InlineData("description.bytes", "1000000000000")]
    [InlineData("description.bytes", "0")]
    [InlineData("description", "[]")]
    [InlineData("tags", "{\"a\": 1}")]
    [InlineData("quirks", "[1]")]
    [InlineData("machine", "[]")]
    [InlineData("created", "\"yesterday\"")]
    [InlineData("name", "7")]
    [InlineData("format.kind", "\"something else\"")]
    [InlineData("format.read_version", "0")]
    [InlineData("format", "1")]
    public void An_impossible_value_is_refused_and_nothing_is_reserved_for_it(string path, string json)
    {
        WriteManifest(fields => Set(fields, path.Split('.'), JsonNode.Parse(json)));
        AssertRefusedCheaply();
    }

    [Fact]
    public void A_million_blocks_are_refused()
    {
        WriteManifest(fields => fields["ram"]!["blocks"] = new JsonArray([.. Enumerable.Range(0, 100_000).Select(_ => (JsonNode)new JsonObject())]));
        Assert.Throws<DamagedStateException>(Load);
    }

    [Fact]
    public void A_value_that_is_missing_is_refused()
    {
        foreach (var name in new[] { "format", "name", "created", "savevm_version", "run_state", "mode", "tags", "quirks", "machine", "source", "disks", "ram", "devices" })
        {
            WriteManifest(fields => fields.Remove(name));
            Assert.Throws<DamagedStateException>(Load);
            SampleAgain();
        }
    }

    [Theory]
    [InlineData("\"pc.ram\"", "\"\\ud800\"")]
    [InlineData("\"pc.ram\"", "\"\\uDC00\\uD800\"")]
    [InlineData("\"-M\"", "\"\\ud800 \"")]
    [InlineData("\"accelerator\"", "\"\\udfff\"")]
    public void A_text_that_is_not_Unicode_is_refused(string text, string replacement)
    {
        var manifest = File.ReadAllText(ManifestPath);
        Assert.Contains(text, manifest, StringComparison.Ordinal);
        WriteCovered(Encoding.UTF8.GetBytes(manifest[..^ManifestTailLength].Replace(text, replacement, StringComparison.Ordinal)));
        AssertRefusedCheaply();
    }

    [Fact]
    public void What_is_not_a_JSON_object_of_reasonable_depth_is_refused()
    {
        foreach (var text in new[] { "[]", "{", "{\"a\": 1, \"a\": 2,\n", new string('[', 100_000), "{\"\\ud800\": 1, \"\\ud800\": 2,\n" })
        {
            WriteCovered(Encoding.UTF8.GetBytes(text));
            AssertRefusedCheaply();
        }
    }

    [Fact]
    public void A_sparse_manifest_of_a_terabyte_is_refused()
    {
        using (var file = File.OpenWrite(ManifestPath)) file.SetLength(1L << 40);
        AssertRefusedCheaply();
    }

    [Fact]
    public void Any_edit_of_a_manifest_is_read_or_refused_and_nothing_else()
    {
        var bytes = File.ReadAllBytes(ManifestPath);
        var edit = Gen.Select(Gen.Int[0, bytes.Length - ManifestTailLength - 1], Gen.Int[0, 3], Gen.Byte);
        edit.List[1, 4].Sample(
            edits =>
            {
                var edited = bytes[..^ManifestTailLength].ToList();
                foreach (var (at, kind, value) in edits)
                {
                    if (at >= edited.Count) continue;
                    if (kind == 0) edited.RemoveAt(at);
                    else if (kind == 1) edited.Insert(at, value);
                    else if (kind == 2) edited[at] = value;
                    else edited[at] = (byte)"0123456789{}[]\",:-e"[value % 19];
                }
                WriteCovered([.. edited]);
                var problem = Record.Exception(Load);
                Assert.True(problem is null or DamagedStateException or UnsupportedFormatException, $"{problem}");
            },
            iter: 3000, threads: 1);
    }

    [Fact]
    public void A_newer_read_version_is_refused_as_newer_and_not_as_damaged()
    {
        WriteManifest(fields => fields["format"]!["read_version"] = 2);
        Assert.Throws<UnsupportedFormatException>(Load);
        Assert.Contains("newer savevm", Assert.Single(temporary.Repository.List()).Problem!, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_fields_are_ignored_and_kept()
    {
        WriteManifest(fields =>
        {
            fields["working_set"] = new JsonArray(1, 2, 3);
            fields["devices"]!["codec"] = "none";
            fields["format"]!["write_version"] = 1;
        });
        Load();
        temporary.Repository.SetTags("web", new Dictionary<string, string> { ["b"] = "ü", ["a"] = "1" });
        using var snapshot = temporary.Repository.Find("web");
        Assert.Equal("ü", snapshot.Manifest.Tags["b"]);
        Assert.Equal(["a", "b"], snapshot.Manifest.Tags.Keys);
        var fields = (JsonObject)JsonNode.Parse(File.ReadAllBytes(ManifestPath))!;
        Assert.Equal(3, (int?)fields["working_set"]![2]);
        Assert.Equal("none", (string?)fields["devices"]!["codec"]);
        Assert.Equal(["description.json", "devices.bin", "manifest.json", "ram"],
            Directory.EnumerateFileSystemEntries(Path.Combine(temporary.Path, "web")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_newer_write_version_may_be_read_and_not_changed()
    {
        WriteManifest(fields => fields["format"]!["write_version"] = 2);
        Load();
        var before = File.ReadAllBytes(ManifestPath);
        Assert.Throws<UnsupportedFormatException>(() => temporary.Repository.SetTags("web", new Dictionary<string, string>()));
        Assert.Equal(before, File.ReadAllBytes(ManifestPath));
    }

    [Fact]
    public void A_FIFO_in_place_of_a_file_does_not_make_a_reader_wait()
    {
        File.Delete(ManifestPath);
        using (var made = System.Diagnostics.Process.Start("mkfifo", ManifestPath)) made.WaitForExit();
        Assert.Throws<DamagedStateException>(Load);
    }

    private static void Set(JsonNode node, ReadOnlySpan<string> path, JsonNode? value)
    {
        for (; path.Length > 1; path = path[1..])
            node = int.TryParse(path[0], out var index) ? node[index]! : node[path[0]]!;
        if (int.TryParse(path[0], out var last)) node[last] = value;
        else node[path[0]] = value;
    }

    private void WriteManifest(Action<JsonObject> change)
    {
        using var directory = LinuxDirectory.Open(Path.GetDirectoryName(ManifestPath)!);
        var fields = ManifestReader.ReadForChange(ManifestFile.Read(directory));
        change(fields);
        File.WriteAllBytes(ManifestPath, ManifestFile.Serialize(fields));
    }

    /// <summary>A manifest of any bytes with the checksum that they should have.</summary>
    private void WriteCovered(byte[] covered)
    {
        var checksum = System.IO.Hashing.XxHash3.HashToUInt64(covered);
        File.WriteAllBytes(ManifestPath, [.. covered, .. Encoding.ASCII.GetBytes($"\"manifest_checksum\": \"{checksum:x16}\"\n}}\n")]);
    }

    private void SampleAgain()
    {
        temporary.Repository.Remove("web");
        SampleSnapshot.Write(temporary.Repository, "web");
    }

    private void AssertRefusedCheaply()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<DamagedStateException>(Load);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaximumAllocation);
        Assert.Single(temporary.Repository.List());
    }

    private void Load()
    {
        using var snapshot = temporary.Repository.Find("web");
        snapshot.VerifyLayout();
    }
}
