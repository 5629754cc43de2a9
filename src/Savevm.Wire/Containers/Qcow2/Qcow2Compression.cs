namespace Savevm.Wire.Containers.Qcow2;

/// <summary>What the compressed clusters of an image are.</summary>
public enum Qcow2Compression : byte
{
    /// <summary>Deflate without zlib's header and checksum, window of 4 KiB.</summary>
    Deflate = 0,

    /// <summary>A zstd frame.</summary>
    Zstd = 1,
}
