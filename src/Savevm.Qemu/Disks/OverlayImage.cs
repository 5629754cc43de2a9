using System.Buffers.Binary;
using System.Text;

namespace Savevm.Qemu.Disks;

/// <summary>
/// Makes empty qcow2 images that stand on another image. Only that: reading and writing their contents is QEMU's work. A program to do it
/// (qemu-img) is not there on every host that has a QEMU, and costs more time than a resume has.
/// </summary>
/// <remarks>
/// The format's specification is QEMU's docs/interop/qcow2.txt. Clusters of 64 KiB:
/// <code>
/// 0       header, its extensions, the name of the image below
/// 1       reference count table: one entry
/// 2       reference count block: one for each cluster of this file
/// 3 ...   L1 table, all zero: everything is read from the image below
/// </code>
/// </remarks>
public static class OverlayImage
{
    private const int ClusterBytes = 1 << ClusterBits;
    private const int ClusterBits = 16;
    private const int SectorBytes = 512;
    private const uint Magic = 0x514649fb;
    private const int HeaderBytes = 104;

    // Where fields stand in the header.
    private const int VersionAt = 4, BackingOffsetAt = 8, BackingLengthAt = 16, ClusterBitsAt = 20, SizeAt = 24, L1EntriesAt = 36, L1At = 40;
    private const int CountTableAt = 48, CountTableClustersAt = 56, CountOrderAt = 96, HeaderLengthAt = 100;

    private const uint EndOfExtensions = 0, BackingFormatExtension = 0xe2792aca;

    /// <summary>The longest name of an image below that the format has room for.</summary>
    public const int MaximumBackingBytes = 1023;

    // What one L2 table maps, and the most that one reference count block leaves room for.
    private const long BytesPerL1Entry = (long)ClusterBytes * (ClusterBytes / 8);
    private const long MaximumBytes = 1L << 50;

    /// <summary>How long the file of an overlay is that nobody has written to.</summary>
    /// <param name="virtualBytes">The size of the disk.</param>
    public static long EmptyBytes(long virtualBytes) => Clusters(virtualBytes) * ClusterBytes;

    /// <summary>Makes an image, for its owner only.</summary>
    /// <param name="path">Where; nothing may be there yet.</param>
    /// <param name="virtualBytes">The size of the disk.</param>
    /// <param name="backing">The image below: a complete path, or what QEMU calls it (<c>json:…</c>); null for a disk of zeros.</param>
    /// <param name="backingFormat">The driver of the image below; null where there is none.</param>
    /// <exception cref="IOException">The file system refused, for example because it is full.</exception>
    /// <exception cref="QemuException">The size or the name is beyond what the format can hold.</exception>
    public static void Create(string path, long virtualBytes, string? backing, string? backingFormat)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (virtualBytes is <= 0 or > MaximumBytes)
        {
            throw new QemuException($"no overlay can be made for a disk of {virtualBytes} bytes");
        }

        long size = Sectors(virtualBytes) * SectorBytes;
        long clusters = Clusters(virtualBytes);
        var header = new byte[ClusterBytes];
        BinaryPrimitives.WriteUInt32BigEndian(header, Magic);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(VersionAt), 3);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(ClusterBitsAt), ClusterBits);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(SizeAt), (ulong)size);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(L1EntriesAt), (uint)L1Entries(virtualBytes));
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(L1At), 3 * ClusterBytes);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(CountTableAt), ClusterBytes);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(CountTableClustersAt), 1);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(CountOrderAt), 4);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(HeaderLengthAt), HeaderBytes);
        WriteBacking(header, [], backing, backingFormat);

        var counts = new byte[clusters * 2];
        for (int i = 0; i < clusters; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(counts.AsSpan(i * 2), 1);
        }

        var table = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(table, 2 * ClusterBytes);
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        RandomAccess.SetLength(file.SafeFileHandle, clusters * ClusterBytes);
        RandomAccess.Write(file.SafeFileHandle, header, 0);
        RandomAccess.Write(file.SafeFileHandle, table, ClusterBytes);
        RandomAccess.Write(file.SafeFileHandle, counts, 2 * ClusterBytes);
    }

    /// <summary>Names the image below an existing qcow2 image anew; nothing else of it is changed.</summary>
    /// <param name="path">The image; nobody has it open.</param>
    /// <param name="backing">As for <see cref="Create"/>; a path may be relative to the image's own folder.</param>
    /// <param name="backingFormat">As for <see cref="Create"/>.</param>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    /// <exception cref="QemuException">It is no qcow2 image, or its header has no room.</exception>
    public static void SetBacking(string path, string backing, string backingFormat)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        var header = new byte[ClusterBytes];
        int length = RandomAccess.Read(file.SafeFileHandle, header, 0);
        if (length < HeaderBytes || BinaryPrimitives.ReadUInt32BigEndian(header) != Magic || BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(VersionAt)) != 3
            || BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(ClusterBitsAt)) != ClusterBits)
        {
            throw new QemuException($"{path} is not a qcow2 image of version 3 with clusters of 64 KiB");
        }

        WriteBacking(header, KeptExtensions(header), backing, backingFormat);
        RandomAccess.Write(file.SafeFileHandle, header.AsSpan(0, Math.Max(length, ClusterBytes)), 0);
    }

    // A disk of a host's file is seen in sectors: the last one may be cut off.
    private static long Sectors(long virtualBytes) => (virtualBytes + SectorBytes - 1) / SectorBytes;

    private static long L1Entries(long virtualBytes) => ((Sectors(virtualBytes) * SectorBytes) + BytesPerL1Entry - 1) / BytesPerL1Entry;

    private static long Clusters(long virtualBytes) => 3 + (((L1Entries(virtualBytes) * 8) + ClusterBytes - 1) / ClusterBytes);

    // Everything from the end of the header on: extensions, the end mark, the name.
    private static void WriteBacking(Span<byte> header, ReadOnlySpan<byte> keptExtensions, string? backing, string? backingFormat)
    {
        int at = (int)BinaryPrimitives.ReadUInt32BigEndian(header[HeaderLengthAt..]);
        byte[] name = Encoding.UTF8.GetBytes(backing ?? string.Empty);
        byte[] format = Encoding.UTF8.GetBytes(backingFormat ?? string.Empty);
        if (name.Length > MaximumBackingBytes || at + keptExtensions.Length + format.Length + name.Length + 32 > header.Length)
        {
            throw new QemuException($"the name of the image below is too long for an overlay ({name.Length} bytes, {MaximumBackingBytes} are possible): {backing}");
        }

        header[at..].Clear();
        keptExtensions.CopyTo(header[at..]);
        at += keptExtensions.Length;
        if (format.Length > 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(header[at..], BackingFormatExtension);
            BinaryPrimitives.WriteUInt32BigEndian(header[(at + 4)..], (uint)format.Length);
            format.CopyTo(header[(at + 8)..]);
            at += 8 + Padded(format.Length);
        }

        // The end mark is eight zero bytes.
        at += 8;
        BinaryPrimitives.WriteUInt64BigEndian(header[BackingOffsetAt..], name.Length == 0 ? 0 : (ulong)at);
        BinaryPrimitives.WriteUInt32BigEndian(header[BackingLengthAt..], (uint)name.Length);
        name.CopyTo(header[at..]);
    }

    private static byte[] KeptExtensions(ReadOnlySpan<byte> header)
    {
        var kept = new List<byte>();
        int at = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(header[HeaderLengthAt..]), ClusterBytes);
        while (at + 8 <= header.Length)
        {
            uint type = BinaryPrimitives.ReadUInt32BigEndian(header[at..]);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(header[(at + 4)..]);
            if (type == EndOfExtensions || length > header.Length - at - 8)
            {
                break;
            }

            int bytes = Math.Min(8 + Padded((int)length), header.Length - at);
            if (type != BackingFormatExtension)
            {
                kept.AddRange(header.Slice(at, bytes));
            }

            at += bytes;
        }

        return [.. kept];
    }

    private static int Padded(int length) => (length + 7) / 8 * 8;
}
