namespace Savevm.Wire.Containers;

/// <summary>What a file is, told by its first bytes.</summary>
public enum ContainerKind
{
    /// <summary>Nothing that holds a saved machine.</summary>
    Unknown,

    /// <summary>A migration stream, plain or mapped-ram.</summary>
    Stream,

    /// <summary>A libvirt save image.</summary>
    Libvirt,

    /// <summary>A libvirt save image whose writing was not finished.</summary>
    LibvirtPartial,

    /// <summary>A qcow2 disk image; it may have internal snapshots.</summary>
    Qcow2,

    /// <summary>A migration as a relay recorded it.</summary>
    Recording,

    /// <summary>Something compressed by gzip.</summary>
    Gzip,

    /// <summary>Something compressed by zstd.</summary>
    Zstd,

    /// <summary>Something compressed by xz.</summary>
    Xz,

    /// <summary>Something compressed by bzip2.</summary>
    Bzip2,

    /// <summary>Something compressed by lzop.</summary>
    Lzop,
}
