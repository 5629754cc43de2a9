using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.Repository.Pages;
using Savevm.Repository.Sections;
using F = Savevm.Repository.Snapshots.ManifestFormat;

namespace Savevm.Repository.Snapshots;

/// <summary>Reads what a manifest says. Nothing in it is believed that could reserve memory or lead to another file.</summary>
internal static class ManifestReader
{
    private const int TextLength = 1024;

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="DamagedStateException">A field is missing or impossible.</exception>
    /// <exception cref="UnsupportedFormatException">It was written for newer readers.</exception>
    internal static SnapshotManifest Read(ReadOnlyMemory<byte> bytes)
    {
        var root = new ManifestFields(Root(bytes), "");
        CheckVersion(root, F.FormatRead, F.ReadVersion, "read");
        var ram = root.Object(F.Ram);
        return new SnapshotManifest
        {
            CapturedAs = root.Text(F.Name, SnapshotName.MaximumLength),
            Created = Time(root),
            SavevmVersion = root.Text(F.Version, TextLength),
            RunState = root.Text(F.RunState, TextLength),
            Mode = root.Text(F.Mode, TextLength),
            Tags = root.TextMap(F.Tags),
            Quirks = root.Texts(F.Quirks),
            Machine = JsonObject.Create(root.Element(F.Machine, JsonValueKind.Object))!,
            Source = JsonObject.Create(root.Element(F.Source, JsonValueKind.Object))!,
            Disks = JsonArray.Create(root.Element(F.Disks, JsonValueKind.Array))!,
            RamBlocks = ReadBlocks(ram),
            Devices = ReadDevices(root.Object(F.Devices), (uint)ram.Integer(F.SectionId, 0, uint.MaxValue)),
            Description = ReadDescription(root.OptionalObject(F.Description)),
        };
    }

    /// <summary>The fields of a manifest that is to be changed and written again; unknown ones are kept.</summary>
    /// <exception cref="UnsupportedFormatException">Only newer programs may change it.</exception>
    internal static JsonObject ReadForChange(ReadOnlyMemory<byte> bytes)
    {
        var root = Root(bytes);
        CheckVersion(new ManifestFields(root, ""), F.FormatWrite, F.WriteVersion, "change");
        return (JsonObject)JsonObject.Create(root)!.DeepClone();
    }

    private static JsonElement Root(ReadOnlyMemory<byte> bytes)
    {
        var root = ManifestFile.Parse(bytes).RootElement;
        return root.ValueKind == JsonValueKind.Object
            ? root
            : throw new DamagedStateException(SnapshotFiles.Manifest, -1, "is not a JSON object");
    }

    private static void CheckVersion(ManifestFields root, string field, int known, string verb)
    {
        var format = root.Object(F.Format);
        format.Expect(F.FormatKind, F.Kind);
        var version = format.Integer(field, 1, int.MaxValue);
        if (version > known)
            throw new UnsupportedFormatException($"the snapshot's format needs a newer savevm to {verb} it (version {version}; this one knows {known})");
    }

    private static DateTimeOffset Time(ManifestFields root) =>
        DateTimeOffset.TryParse(root.Text(F.Created, 64), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToUniversalTime()
            : throw root.Wrong(F.Created, "is not a time");

    private static List<StoredRamBlock> ReadBlocks(ManifestFields ram)
    {
        ram.Integer(F.ChunkBytes, ChunkGeometry.ChunkBytes, ChunkGeometry.ChunkBytes);
        var blocks = new List<StoredRamBlock>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        long total = 0;
        foreach (var fields in ram.Objects(F.Blocks, RepositoryLimits.RamBlocks))
        {
            var index = blocks.Count;
            var name = ReadIdStr(fields);
            if (!names.Add(name)) throw fields.Wrong(F.IdStr, "occurs twice");
            var length = fields.Integer(F.UsedLength, 0, RepositoryLimits.RamBlockBytes);
            total += length;
            if (length % RamBlock.PageSize != 0) throw fields.Wrong(F.UsedLength, "is not a multiple of the page size");
            if (total > RepositoryLimits.RamBytes) throw fields.Wrong(F.UsedLength, "makes the RAM larger than is possible");
            // File names are ours to derive; the manifest repeats them for people.
            fields.Expect(F.Image, $"{SnapshotFiles.RamDirectory}/{RamImageSink.ImageName(index)}");
            fields.Expect(F.Sums, $"{SnapshotFiles.RamDirectory}/{RamImageSink.SumName(index)}");
            blocks.Add(new StoredRamBlock(
                new RamBlock(index, name, length), fields.Integer(F.DataBytes, 0, length), fields.Checksum(F.SumsChecksum)));
        }
        return blocks;
    }

    private static StoredDevices ReadDevices(ManifestFields devices, uint ramSectionId)
    {
        devices.Expect(F.File, SnapshotFiles.Devices);
        var bytes = devices.Integer(F.Bytes, 0, RepositoryLimits.DeviceBytes);
        var sections = new List<StoredSection>();
        foreach (var fields in devices.Objects(F.Sections, RepositoryLimits.DeviceSections))
        {
            sections.Add(new StoredSection(
                IdStr: ReadIdStr(fields),
                InstanceId: (uint)fields.Integer(F.InstanceId, 0, uint.MaxValue),
                VersionId: (uint)fields.Integer(F.VersionId, 0, uint.MaxValue),
                SectionId: (uint)fields.Integer(F.SectionId, 0, uint.MaxValue),
                Offset: fields.Integer(F.Offset, 0, bytes),
                Bytes: (int)fields.Integer(F.Bytes, 0, bytes),
                IsEarly: fields.Flag(F.Early)));
        }
        var commands = new List<RecordedCommand>();
        foreach (var fields in devices.Objects(F.Commands, RepositoryLimits.Commands))
        {
            var payload = fields.HexBytes(F.Payload, RepositoryLimits.CommandBytes);
            commands.Add(new RecordedCommand((ushort)fields.Integer(F.Command, 0, ushort.MaxValue), payload));
        }
        var machine = devices.OptionalText(F.MachineName, RepositoryLimits.MachineNameBytes);
        if (machine is not null && (machine.Length == 0 || !Ascii.IsValid(machine))) throw devices.Wrong(F.MachineName, "is not ASCII");
        return new StoredDevices
        {
            Bytes = bytes,
            Checksum = devices.Checksum(F.Checksum),
            MachineName = machine,
            ConfigurationBytes = (int)devices.Integer(F.ConfigurationBytes, 0, RepositoryLimits.ConfigurationBytes),
            RamSectionId = ramSectionId,
            Sections = sections,
            Commands = commands,
        };
    }

    private static StoredFile? ReadDescription(ManifestFields? description)
    {
        if (description is not { } fields) return null;
        fields.Expect(F.File, SnapshotFiles.Description);
        return new StoredFile(fields.Integer(F.Bytes, 1, RepositoryLimits.DescriptionBytes), fields.Checksum(F.Checksum));
    }

    private static string ReadIdStr(ManifestFields fields)
    {
        var name = fields.Text(F.IdStr, RepositoryLimits.NameBytes);
        return name.Length != 0 && Ascii.IsValid(name) ? name : throw fields.Wrong(F.IdStr, "is empty or not ASCII");
    }
}
