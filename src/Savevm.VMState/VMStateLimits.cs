namespace Savevm.VMState;

/// <summary>
/// Every limit of the device layer. QEMU trusts the counts in a device section; we check each against one of these, or against the
/// memory that the device has for it, before anything is reserved.
/// </summary>
public static class VMStateLimits
{
    /// <summary>Deepest nesting of structures and subsections. QEMU's deepest device has fewer than ten levels.</summary>
    public const int MaxDepth = 64;

    /// <summary>Most elements of one queue or tree. Nothing in the stream announces their number.</summary>
    public const int MaxContainerElements = 1 << 20;

    /// <summary>Longest buffer that is made while it is loaded, in bytes.</summary>
    public const int MaxBufferBytes = 64 << 20;

    /// <summary>Longest name of a description: on the wire its length is one byte.</summary>
    public const int MaxNameBytes = 255;

    /// <summary>Most fields of one description.</summary>
    public const int MaxFields = 1 << 16;

    /// <summary>Most devices of one registry.</summary>
    public const int MaxDevices = 1 << 16;

    /// <summary>Longest file that holds device state only, in bytes.</summary>
    public const int MaxStateFileBytes = 256 << 20;
}
