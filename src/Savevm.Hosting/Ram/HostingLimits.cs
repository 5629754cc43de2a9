namespace Savevm.Hosting.Ram;

/// <summary>The limits that a layout is held to before anything is mapped.</summary>
public static class HostingLimits
{
    /// <summary>The most RAM blocks of a machine.</summary>
    public const int RamBlocks = 256;

    /// <summary>The most bytes of one block: a bitmap of its pages still fits an array.</summary>
    public const long RamBlockBytes = 1L << 44;

    /// <summary>The longest name of a block, in bytes.</summary>
    public const int IdStrBytes = 255;
}
