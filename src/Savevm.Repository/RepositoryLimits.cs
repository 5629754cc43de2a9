namespace Savevm.Repository;

/// <summary>What is accepted at most, from a stream and from a stored snapshot; checked before memory is reserved.</summary>
public static class RepositoryLimits
{
    /// <summary>Bytes of a manifest.</summary>
    public const int ManifestBytes = 16 << 20;

    /// <summary>Depth of the JSON in a manifest.</summary>
    public const int ManifestDepth = 64;

    /// <summary>RAM blocks of a machine.</summary>
    public const int RamBlocks = 1024;

    /// <summary>Bytes of one RAM block, which is also the largest file of ext4.</summary>
    public const long RamBlockBytes = 16L << 40;

    /// <summary>Bytes of all RAM blocks together.</summary>
    public const long RamBytes = 64L << 40;

    /// <summary>Bytes of an idstr.</summary>
    public const int NameBytes = 255;

    /// <summary>Bytes of a machine name.</summary>
    public const int MachineNameBytes = 256;

    /// <summary>Device sections of a machine.</summary>
    public const int DeviceSections = 65536;

    /// <summary>Bytes of all device sections together.</summary>
    public const int DeviceBytes = 512 << 20;

    /// <summary>Bytes of the configuration's subsections.</summary>
    public const int ConfigurationBytes = 64 << 10;

    /// <summary>Commands that are recorded.</summary>
    public const int Commands = 4096;

    /// <summary>Bytes of the payloads of all recorded commands.</summary>
    public const int CommandBytes = 1 << 20;

    /// <summary>Bytes of the JSON description.</summary>
    public const int DescriptionBytes = 16 << 20;

    /// <summary>Tags of a snapshot.</summary>
    public const int Tags = 256;

    /// <summary>Characters of a tag's key.</summary>
    public const int TagKeyLength = 128;

    /// <summary>Characters of a tag's value.</summary>
    public const int TagValueLength = 1024;

    /// <summary>Bytes of the list of files that a capture made outside of the repository.</summary>
    public const int StagedListBytes = 1 << 20;

    /// <summary>Pages of a working set: 1 GiB of guest memory, 2 MiB on disk. More would make a guest wait for what it does not need yet.</summary>
    public const int WorkingSetPages = 1 << 18;
}
