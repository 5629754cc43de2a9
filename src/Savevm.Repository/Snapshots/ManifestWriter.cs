using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using Savevm.Repository.Pages;
using Savevm.Repository.Sections;
using F = Savevm.Repository.Snapshots.ManifestFormat;

namespace Savevm.Repository.Snapshots;

/// <summary>Says in JSON what a snapshot consists of.</summary>
internal static class ManifestWriter
{
    internal static byte[] Write(
        string name, SnapshotFacts facts, IReadOnlyList<SealedRamImage> ram, StoredDevices devices, StoredFile? description)
    {
        CheckTags(facts.Tags);
        var fields = new JsonObject
        {
            [F.Format] = new JsonObject
            {
                [F.FormatKind] = F.Kind,
                [F.FormatRead] = F.ReadVersion,
                [F.FormatWrite] = F.WriteVersion,
            },
            [F.Name] = name,
            [F.Created] = facts.Created.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            [F.Version] = OwnVersion(),
            [F.RunState] = facts.RunState,
            [F.Mode] = facts.Mode,
            [F.Tags] = TagsOf(facts.Tags),
            [F.Quirks] = new JsonArray([.. facts.Quirks.Select(quirk => (JsonNode)quirk)]),
            [F.Machine] = facts.Machine.DeepClone(),
            [F.Source] = facts.Source.DeepClone(),
            [F.Disks] = facts.Disks.DeepClone(),
            [F.Ram] = RamOf(ram, devices.RamSectionId),
            [F.Devices] = DevicesOf(devices),
        };
        if (description is not null)
        {
            fields[F.Description] = new JsonObject
            {
                [F.File] = SnapshotFiles.Description,
                [F.Bytes] = description.Bytes,
                [F.Checksum] = Hex(description.Checksum),
            };
        }
        return ManifestFile.Serialize(fields);
    }

    internal static JsonObject TagsOf(IReadOnlyDictionary<string, string> tags)
    {
        var fields = new JsonObject();
        foreach (var (key, value) in tags.OrderBy(tag => tag.Key, StringComparer.Ordinal)) fields[key] = value;
        return fields;
    }

    /// <exception cref="ArgumentException">There are too many tags, or one is too long.</exception>
    internal static void CheckTags(IReadOnlyDictionary<string, string> tags)
    {
        if (tags.Count > RepositoryLimits.Tags) throw new ArgumentException($"a snapshot can have {RepositoryLimits.Tags} tags at most");
        foreach (var (key, value) in tags)
        {
            if (key.Length is 0 or > RepositoryLimits.TagKeyLength)
                throw new ArgumentException($"the key of a tag has 1 to {RepositoryLimits.TagKeyLength} characters");
            if (value.Length > RepositoryLimits.TagValueLength)
                throw new ArgumentException($"the value of tag '{key}' is longer than {RepositoryLimits.TagValueLength} characters");
        }
    }

    private static JsonObject RamOf(IReadOnlyList<SealedRamImage> ram, uint sectionId)
    {
        var blocks = new JsonArray();
        foreach (var image in ram)
        {
            blocks.Add((JsonNode)new JsonObject
            {
                [F.IdStr] = image.Block.IdStr,
                [F.UsedLength] = image.Block.UsedLength,
                [F.Image] = $"{SnapshotFiles.RamDirectory}/{RamImageSink.ImageName(image.Block.Index)}",
                [F.Sums] = $"{SnapshotFiles.RamDirectory}/{RamImageSink.SumName(image.Block.Index)}",
                [F.SumsChecksum] = Hex(image.TableSum),
                [F.DataBytes] = image.DataBytes,
            });
        }
        return new JsonObject { [F.SectionId] = sectionId, [F.ChunkBytes] = ChunkGeometry.ChunkBytes, [F.Blocks] = blocks };
    }

    private static JsonObject DevicesOf(StoredDevices devices)
    {
        var sections = new JsonArray();
        foreach (var section in devices.Sections)
        {
            var fields = new JsonObject
            {
                [F.IdStr] = section.IdStr,
                [F.InstanceId] = section.InstanceId,
                [F.VersionId] = section.VersionId,
                [F.SectionId] = section.SectionId,
                [F.Offset] = section.Offset,
                [F.Bytes] = section.Bytes,
            };
            if (section.IsEarly) fields[F.Early] = true;
            sections.Add((JsonNode)fields);
        }
        var commands = new JsonArray();
        foreach (var command in devices.Commands)
        {
            commands.Add((JsonNode)new JsonObject
            {
                [F.Command] = command.Command,
                [F.Payload] = Convert.ToHexStringLower(command.Payload.Span),
            });
        }
        var result = new JsonObject
        {
            [F.File] = SnapshotFiles.Devices,
            [F.Bytes] = devices.Bytes,
            [F.Checksum] = Hex(devices.Checksum),
        };
        if (devices.MachineName is not null) result[F.MachineName] = devices.MachineName;
        result[F.ConfigurationBytes] = devices.ConfigurationBytes;
        result[F.Sections] = sections;
        result[F.Commands] = commands;
        return result;
    }

    private static string Hex(ulong checksum) => checksum.ToString("x16", CultureInfo.InvariantCulture);

    private static string OwnVersion() =>
        typeof(ManifestWriter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
