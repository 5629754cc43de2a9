namespace Savevm.Wire.Ram;

/// <summary>The flag bits in the word that begins each RAM record.</summary>
[Flags]
public enum RamFlags : ulong
{
    /// <summary>No flag: not a legal record.</summary>
    None = 0,

    /// <summary>Obsolete since 2009; refused.</summary>
    Full = 0x001,

    /// <summary>A page of zeros.</summary>
    Zero = 0x002,

    /// <summary>The block list.</summary>
    MemSize = 0x004,

    /// <summary>A page with contents.</summary>
    Page = 0x008,

    /// <summary>End of the section body.</summary>
    Eos = 0x010,

    /// <summary>Modifier: the block is the one of the record before.</summary>
    Continue = 0x020,

    /// <summary>A page as difference to what was sent before.</summary>
    Xbzrle = 0x040,

    /// <summary>RDMA only.</summary>
    Hook = 0x080,

    /// <summary>A page compressed by zlib; up to QEMU 9.0.</summary>
    CompressPage = 0x100,

    /// <summary>Multifd channels have been flushed; since QEMU 8.1.</summary>
    MultifdFlush = 0x200,
}
