namespace Savevm.Wire.Multifd;

/// <summary>What the payload of a packet is: both sides must have set the same <c>multifd-compression</c>.</summary>
public enum MultifdCompression
{
    /// <summary>The pages as they are.</summary>
    None,

    /// <summary>One zlib stream for each channel, flushed at the end of each packet.</summary>
    Zlib,

    /// <summary>One zstd frame for each channel, flushed at the end of each packet.</summary>
    Zstd,

    /// <summary>A length for each page, then the pages, each compressed by itself.</summary>
    Qpl,

    /// <summary>The same.</summary>
    Uadk,

    /// <summary>One unit for each packet.</summary>
    Qatzip,
}
