using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Savevm.Wire.Containers.Qcow2;

/// <summary>What the header of a qcow2 image tells a reader of its internal snapshots.</summary>
/// <remarks>
/// <code>
///  0 | magic 514649fb | version 2 or 3 |          20 | cluster bits | be64 disk bytes | encryption |
/// 36 | entries of the active L1 table | be64 its position |
/// 60 | snapshots | be64 position of their table |
/// 72 | be64 incompatible features |  100 | header length |  104 | u8 compression |        version 3
/// </code>
/// </remarks>
/// <param name="Version">2 or 3.</param>
/// <param name="ClusterBits">Binary logarithm of the cluster size, 9 to 21.</param>
/// <param name="DiskBytes">Bytes of the virtual disk. The saved machines lie behind its end.</param>
/// <param name="SnapshotCount">Number of internal snapshots.</param>
/// <param name="SnapshotsPosition">Position of their table in the file.</param>
public sealed record Qcow2Header(int Version, int ClusterBits, ulong DiskBytes, int SnapshotCount, ulong SnapshotsPosition)
{
    /// <summary>Bytes that suffice for every header.</summary>
    public const int MaxHeaderBytes = 112;

    internal const ulong OffsetMask = 0x00ff_ffff_ffff_fe00;

    private const uint Magic = 0x514649fb;
    private const int Version2Bytes = 72;
    private const int Version3Bytes = 104;
    private const int MinClusterBits = 9;
    private const int MaxClusterBits = 21;
    private const int MinExtendedClusterBits = 14;
    private const Qcow2Features KnownFeatures = (Qcow2Features)0x1f;

    /// <summary>Entries of the active L1 table.</summary>
    public uint ActiveL1Entries { get; init; }

    /// <summary>Position of the active L1 table. Saved machines are found through the tables of their snapshots, not through it.</summary>
    public ulong ActiveL1Position { get; init; }

    /// <summary>Features that a reader has to know; only known ones are let through.</summary>
    public Qcow2Features Features { get; init; }

    /// <summary>What compressed clusters are.</summary>
    public Qcow2Compression Compression { get; init; }

    /// <summary>Bytes of a cluster.</summary>
    public int ClusterBytes => 1 << ClusterBits;

    /// <summary>Bytes of an L2 entry.</summary>
    public int L2EntryBytes => HasExtendedL2 ? 16 : 8;

    /// <summary>Binary logarithm of the number of entries of an L2 table, which is one cluster.</summary>
    public int L2Bits => ClusterBits - (HasExtendedL2 ? 4 : 3);

    /// <summary>
    /// Offset in the virtual disk at which the stream of a saved machine begins: the end of the disk, rounded up to what one L2
    /// table covers.
    /// </summary>
    public ulong VMStateOffset
    {
        get
        {
            ulong covered = 1UL << (ClusterBits + L2Bits);
            return (DiskBytes + covered - 1) & ~(covered - 1);
        }
    }

    private bool HasExtendedL2 => (Features & Qcow2Features.ExtendedL2) != 0;

    /// <summary>Reads the header.</summary>
    /// <param name="window">Bytes from the beginning of the file; a file that is shorter than <see cref="MaxHeaderBytes"/> as a whole.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">Another magic or version, sizes that cannot be, a feature that a reader must know and does not.</exception>
    public static bool TryRead(ReadOnlySpan<byte> window, [NotNullWhen(true)] out Qcow2Header? header)
    {
        header = null;
        if (!BinaryPrimitives.TryReadUInt32BigEndian(window, out uint magic))
            return false;
        if (magic != Magic)
            throw new WireException(0, "not a qcow2 image");
        if (window.Length < Version2Bytes)
            return false;
        uint version = ReadUInt32(window, 4);
        if (version is not (2 or 3))
            throw new WireException(4, $"qcow2 image of version {version}");
        var features = Qcow2Features.None;
        var compression = Qcow2Compression.Deflate;
        if (version == 3 && !TryReadVersion3(window, out features, out compression))
            return false;
        header = ReadFields(window, (int)version, features, compression);
        return true;
    }

    private static Qcow2Header ReadFields(ReadOnlySpan<byte> window, int version, Qcow2Features features, Qcow2Compression compression)
    {
        uint clusterBits = ReadUInt32(window, 20);
        int minClusterBits = (features & Qcow2Features.ExtendedL2) != 0 ? MinExtendedClusterBits : MinClusterBits;
        if (clusterBits < minClusterBits || clusterBits > MaxClusterBits)
            throw new WireException(20, $"clusters of 2^{clusterBits} bytes");
        ulong diskBytes = ReadUInt64(window, 24);
        if (diskBytes > WireLimits.MaxFilePosition)
            throw new WireException(24, $"disk of {diskBytes} bytes");
        uint encryption = ReadUInt32(window, 32);
        if (encryption != 0)
            throw new WireException(32, $"encrypted image, method {encryption}");
        uint snapshots = ReadUInt32(window, 60);
        if (snapshots > WireLimits.MaxQcow2Snapshots)
            throw new WireException(60, $"{snapshots} internal snapshots");
        ulong snapshotsPosition = ReadUInt64(window, 64);
        if (snapshots > 0 && !IsClusterPosition(snapshotsPosition, (int)clusterBits))
            throw new WireException(64, $"snapshot table at 0x{snapshotsPosition:x}");
        return new Qcow2Header(version, (int)clusterBits, diskBytes, (int)snapshots, snapshotsPosition)
        {
            ActiveL1Entries = ReadUInt32(window, 36),
            ActiveL1Position = ReadUInt64(window, 40),
            Features = features,
            Compression = compression,
        };
    }

    private static bool TryReadVersion3(ReadOnlySpan<byte> window, out Qcow2Features features, out Qcow2Compression compression)
    {
        features = Qcow2Features.None;
        compression = Qcow2Compression.Deflate;
        if (window.Length < Version3Bytes)
            return false;
        features = (Qcow2Features)ReadUInt64(window, 72);
        if ((features & ~KnownFeatures) != 0)
            throw new WireException(72, $"qcow2 image with unknown features 0x{(ulong)(features & ~KnownFeatures):x}");
        if ((features & Qcow2Features.ExternalData) != 0)
            throw new WireException(72, "qcow2 image whose data is in another file");
        uint length = ReadUInt32(window, 100);
        if (length < Version3Bytes || length % 8 != 0)
            throw new WireException(100, $"qcow2 header of {length} bytes");
        if (length > Version3Bytes)
        {
            if (window.Length <= Version3Bytes)
                return false;
            compression = (Qcow2Compression)window[Version3Bytes];
        }
        bool isOdd = (features & Qcow2Features.CompressionType) != 0;
        if (compression > Qcow2Compression.Zstd || isOdd != (compression != Qcow2Compression.Deflate))
            throw new WireException(Version3Bytes, $"qcow2 compression {(byte)compression}");
        return true;
    }

    internal static bool IsClusterPosition(ulong position, int clusterBits) =>
        position != 0 && position <= WireLimits.MaxFilePosition && (position & ((1UL << clusterBits) - 1)) == 0;

    private static uint ReadUInt32(ReadOnlySpan<byte> window, int at) => BinaryPrimitives.ReadUInt32BigEndian(window[at..]);

    private static ulong ReadUInt64(ReadOnlySpan<byte> window, int at) => BinaryPrimitives.ReadUInt64BigEndian(window[at..]);
}
