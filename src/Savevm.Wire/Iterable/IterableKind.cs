namespace Savevm.Wire.Iterable;

/// <summary>The format of a live device's bodies, told by its idstr.</summary>
public enum IterableKind
{
    /// <summary>Not known: only the footer scan finds the end of a body.</summary>
    Unknown,

    /// <summary>RAM records.</summary>
    Ram,

    /// <summary>Chunks of dirty bitmaps.</summary>
    DirtyBitmap,

    /// <summary>Blocks of disks; up to QEMU 9.0.</summary>
    Block,

    /// <summary>State of a device that is passed through.</summary>
    Vfio,
}
