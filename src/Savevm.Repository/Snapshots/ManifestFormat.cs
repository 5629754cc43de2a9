namespace Savevm.Repository.Snapshots;

/// <summary>The names of the manifest's fields and the version of the format; the growth rule stands in docs/snapshot-format.md.</summary>
internal static class ManifestFormat
{
    /// <summary>A reader that knows a lower version must refuse.</summary>
    internal const int ReadVersion = 1;

    /// <summary>Whoever changes a manifest must know this version.</summary>
    internal const int WriteVersion = 1;

    internal const string Kind = "savevm-snapshot";

    internal const string Format = "format", FormatKind = "kind", FormatRead = "read_version", FormatWrite = "write_version";
    internal const string Name = "name", Created = "created", Version = "savevm_version", RunState = "run_state", Mode = "mode";
    internal const string Tags = "tags", Quirks = "quirks", Machine = "machine", Source = "source", Disks = "disks";
    internal const string Ram = "ram", SectionId = "section_id", ChunkBytes = "chunk_bytes", Blocks = "blocks";
    internal const string IdStr = "idstr", UsedLength = "used_length", Image = "image", Sums = "sums", SumsChecksum = "sums_checksum";
    internal const string DataBytes = "data_bytes", Devices = "devices", Description = "description", File = "file", Bytes = "bytes";
    internal const string Checksum = "checksum", MachineName = "machine_name", ConfigurationBytes = "configuration_bytes";
    internal const string Sections = "sections", InstanceId = "instance_id", VersionId = "version_id", Offset = "offset", Early = "early";
    internal const string Commands = "commands", Command = "command", Payload = "payload";
}
