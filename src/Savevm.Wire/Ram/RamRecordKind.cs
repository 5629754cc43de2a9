namespace Savevm.Wire.Ram;

/// <summary>What a RAM record is.</summary>
public enum RamRecordKind : byte
{
    /// <summary>The section body ends here.</summary>
    EndOfSection,

    /// <summary>The block list follows; <see cref="RamRecord.Address"/> is the sum of the blocks' lengths.</summary>
    MemorySize,

    /// <summary>A page of zeros; nothing follows.</summary>
    ZeroPage,

    /// <summary>A page; its bytes follow.</summary>
    Page,

    /// <summary>A difference follows: byte 0x01, be16 length, that many bytes.</summary>
    Xbzrle,

    /// <summary>Nothing follows.</summary>
    Hook,

    /// <summary>Nothing follows.</summary>
    MultifdFlush,

    /// <summary>A compressed page follows: be32 length, that many bytes.</summary>
    CompressedPage,
}
