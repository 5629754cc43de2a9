namespace Savevm.Wire.Containers.Libvirt;

/// <summary>What follows the domain XML in a libvirt image.</summary>
public enum LibvirtFormat : uint
{
    /// <summary>A migration stream.</summary>
    Raw = 0,

    /// <summary>A stream compressed by gzip.</summary>
    Gzip = 1,

    /// <summary>A stream compressed by bzip2.</summary>
    Bzip2 = 2,

    /// <summary>A stream compressed by xz.</summary>
    Xz = 3,

    /// <summary>A stream compressed by lzop.</summary>
    Lzop = 4,

    /// <summary>A stream compressed by zstd.</summary>
    Zstd = 5,

    /// <summary>A mapped-ram stream whose positions count from the beginning of the file.</summary>
    Sparse = 6,
}
