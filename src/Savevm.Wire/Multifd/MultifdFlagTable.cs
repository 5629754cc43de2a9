using Savevm.Wire.Dialects;

namespace Savevm.Wire.Multifd;

/// <summary>All flags of multifd packets. Of those that stand for a compression a packet has at most one.</summary>
public static class MultifdFlagTable
{
    private static readonly MultifdFlagRow[] All =
    [
        new(MultifdFlags.Sync, "SYNC", null, null),
        new(MultifdFlags.Zlib, "ZLIB", new QemuRelease(5, 0), MultifdCompression.Zlib),
        new(MultifdFlags.Zstd, "ZSTD", new QemuRelease(5, 0), MultifdCompression.Zstd),
        new(MultifdFlags.Qpl, "QPL", new QemuRelease(9, 1), MultifdCompression.Qpl),
        new(MultifdFlags.Uadk, "UADK", new QemuRelease(9, 1), MultifdCompression.Uadk),
        new(MultifdFlags.Qatzip, "QATZIP", new QemuRelease(9, 2), MultifdCompression.Qatzip),
        new(MultifdFlags.DeviceState, "DEVICE_STATE", new QemuRelease(10, 0), null),
    ];

    /// <summary>All flags, by their bit.</summary>
    public static IReadOnlyList<MultifdFlagRow> Rows => All;

    /// <summary>The compression that flags stand for; null when they stand for two.</summary>
    public static MultifdCompression? FindCompression(MultifdFlags flags)
    {
        var found = MultifdCompression.None;
        foreach (MultifdFlagRow row in All)
        {
            if ((flags & row.Flag) == 0 || row.Compression is not { } compression)
                continue;
            if (found != MultifdCompression.None)
                return null;
            found = compression;
        }
        return found;
    }

    /// <summary>The flag that stands for a compression.</summary>
    public static MultifdFlags FlagOf(MultifdCompression compression)
    {
        // Asked for each packet: nothing is allocated.
        foreach (MultifdFlagRow row in All)
        {
            if (row.Compression == compression)
                return row.Flag;
        }
        return MultifdFlags.None;
    }
}
