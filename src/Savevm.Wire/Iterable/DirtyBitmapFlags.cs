namespace Savevm.Wire.Iterable;

/// <summary>The flag bits that begin each chunk of a dirty-bitmap body.</summary>
[Flags]
public enum DirtyBitmapFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Last chunk of the body.</summary>
    Eos = 0x01,

    /// <summary>With <see cref="Bits"/>: all of them are clear, and no buffer follows.</summary>
    Zeroes = 0x02,

    /// <summary>The bitmap's alias follows.</summary>
    BitmapName = 0x04,

    /// <summary>The node's alias follows.</summary>
    DeviceName = 0x08,

    /// <summary>The bitmap begins.</summary>
    Start = 0x10,

    /// <summary>The bitmap is complete.</summary>
    Complete = 0x20,

    /// <summary>Bits follow.</summary>
    Bits = 0x40,

    /// <summary>The flags are longer than a byte. No release sends it.</summary>
    Extra = 0x80,
}
