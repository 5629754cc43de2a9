namespace Savevm.Wire.Multifd;

/// <summary>The flag bits of a multifd packet.</summary>
[Flags]
public enum MultifdFlags : uint
{
    /// <summary>Pages as they are, or nothing.</summary>
    None = 0,

    /// <summary>Pairs with a mark on the main channel, once the packet's pages were taken.</summary>
    Sync = 0x01,

    /// <summary>The payload is zlib's.</summary>
    Zlib = 0x02,

    /// <summary>The payload is zstd's.</summary>
    Zstd = 0x04,

    /// <summary>The payload is QPL's.</summary>
    Qpl = 0x08,

    /// <summary>The payload is UADK's.</summary>
    Uadk = 0x10,

    /// <summary>The payload is QATzip's.</summary>
    Qatzip = 0x20,

    /// <summary>The packet carries the state of a device, no pages.</summary>
    DeviceState = 0x40,
}
