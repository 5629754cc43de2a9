namespace Savevm.Wire.Containers.Qcow2;

/// <summary>Features of a qcow2 image that a reader has to know.</summary>
[Flags]
public enum Qcow2Features : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Reference counts may be wrong; readers do not need them.</summary>
    Dirty = 1 << 0,

    /// <summary>Anything may be wrong.</summary>
    Corrupt = 1 << 1,

    /// <summary>Clusters are in another file; such an image has no internal snapshots.</summary>
    ExternalData = 1 << 2,

    /// <summary>Compressed clusters are not zlib's.</summary>
    CompressionType = 1 << 3,

    /// <summary>L2 entries have 16 bytes and a bitmap of subclusters.</summary>
    ExtendedL2 = 1 << 4,
}
