namespace Savevm.Wire;

/// <summary>
/// Every limit of the wire layer. QEMU trusts lengths and counts of a stream; we check each against one of these
/// before any memory is reserved for it.
/// </summary>
public static class WireLimits
{
    /// <summary>Longest machine name of a configuration section, in bytes. QEMU itself has no limit.</summary>
    public const int MaxMachineNameBytes = 256;

    /// <summary>Longest counted string: the length is one byte. Holds for section idstrs, block names and capability names.</summary>
    public const int MaxIdStrBytes = 255;

    /// <summary>Most capability names in a configuration. QEMU knows fewer than thirty.</summary>
    public const int MaxCapabilities = 64;

    /// <summary>Most START and FULL sections of one stream; PART and END sections are not bounded.</summary>
    public const int MaxSections = 65536;

    /// <summary>Longest JSON description, in bytes.</summary>
    public const int MaxDescriptionBytes = 16 << 20;

    /// <summary>Deepest nesting of the JSON description.</summary>
    public const int MaxDescriptionDepth = 64;

    /// <summary>
    /// Most fields and structures of the JSON description. QEMU's have a few thousand; the shortest text that makes one has
    /// three bytes.
    /// </summary>
    public const int MaxDescriptionNodes = 1 << 18;

    /// <summary>
    /// Most nodes of one decoded device. QEMU's largest have about ten thousand; a description that counts elements of no size, or
    /// arrays within arrays, could ask for any number.
    /// </summary>
    public const int MaxDecodedNodes = 1 << 19;

    /// <summary>Longest packaged stream, in bytes.</summary>
    public const int MaxPackagedBytes = 256 << 20;

    /// <summary>Longest body of one device section, in bytes.</summary>
    public const int MaxDeviceSectionBytes = 256 << 20;

    /// <summary>Most RAM blocks of one machine.</summary>
    public const int MaxRamBlocks = 4096;

    /// <summary>Most RAM of one machine, in bytes: 64 TiB. No page address reaches it.</summary>
    public const ulong MaxRamBytes = 1UL << 46;

    /// <summary>Longest page size of a RAM block, in bytes: 1 GiB, the largest huge page.</summary>
    public const ulong MaxPageSize = 1UL << 30;

    /// <summary>Longest payload of a return path message, in bytes; QEMU closes the return path above it.</summary>
    public const int MaxReturnMessageBytes = 512;

    /// <summary>Longest received bitmap of one block, in bytes: one bit for each page of 32 TiB.</summary>
    public const ulong MaxReceivedBitmapBytes = 1UL << 30;

    /// <summary>Longest XBZRLE or compressed payload of one page, in bytes (zlib's bound for a page of 4096 bytes).</summary>
    public const int MaxEncodedPageBytes = 4109;

    /// <summary>Largest position in a file, in bytes: 2^62. Sums of two do not overflow.</summary>
    public const ulong MaxFilePosition = 1UL << 62;

    /// <summary>Longest compressed payload of one multifd packet, in bytes: the buffer of a QEMU that receives it.</summary>
    public const int MaxMultifdPayloadBytes = 1 << 20;

    /// <summary>Longest payload of one device-state packet, in bytes. QEMU sends pieces of about one mebibyte.</summary>
    public const int MaxMultifdDeviceBytes = 64 << 20;

    /// <summary>Longest device state of a COLO checkpoint, in bytes.</summary>
    public const int MaxColoStateBytes = 256 << 20;

    /// <summary>Longest piece of a dirty bitmap, in bytes. QEMU sends 1024 and takes ten times as many.</summary>
    public const int MaxDirtyBitmapChunkBytes = 10 << 10;

    /// <summary>Most dirty bitmaps of one stream.</summary>
    public const int MaxDirtyBitmaps = 65536;

    /// <summary>Longest area for domain XML and cookie in a libvirt image, in bytes.</summary>
    public const int MaxLibvirtDataBytes = 128 << 20;

    /// <summary>Largest L1 table of a qcow2 image, in entries: 32 MiB, QEMU's own limit.</summary>
    public const int MaxQcow2L1Entries = (32 << 20) / 8;

    /// <summary>Most internal snapshots of a qcow2 image, QEMU's own limit.</summary>
    public const int MaxQcow2Snapshots = 65536;

    /// <summary>Longest extra data of a qcow2 snapshot, in bytes, QEMU's own limit.</summary>
    public const int MaxQcow2SnapshotExtraBytes = 1024;

    /// <summary>Most bytes of one record of a migration recording.</summary>
    public const int MaxRecordedBytes = 4 << 20;

    /// <summary>Most connections of one recorded migration: far more than the 255 multifd channels, and small enough to keep a row for each.</summary>
    public const int MaxRecordedChannels = 1024;
}
