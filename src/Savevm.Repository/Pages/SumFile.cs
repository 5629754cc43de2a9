using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Savevm.Linux.Files;
using Savevm.Machine;

namespace Savevm.Repository.Pages;

// A checksum file, all integers little-endian, all checksums XXH3-64 with seed 0. n chunks, g = ceil(n / 512) groups:
//
//     0        8        12       16           24          32           40          48        56                64
//     +--------+--------+--------+------------+-----------+------------+-----------+---------+-----------------+
//     | magic  |version | zero   | chunk bytes|block bytes| chunk count| per group | zero    | table checksum  |
//     +--------+--------+--------+------------+-----------+------------+-----------+---------+-----------------+
//     | n checksums of chunks, 8 bytes each                                                                    |
//     +--------------------------------------------------------------------------------------------------------+
//     | g checksums of groups, 8 bytes each: over the bytes of up to 512 chunk checksums                       |
//     +--------------------------------------------------------------------------------------------------------+
//
// The table checksum covers bytes 0 to 55 and the group checksums; the manifest repeats it. So a reader that trusts the manifest
// trusts a group after reading 4 KiB, and a chunk after that, and never reads the whole table to begin.

/// <summary>The layout of a checksum file. Bytes in, values out; no state.</summary>
internal static class SumFile
{
    internal const int HeaderBytes = 64;
    internal const int ChecksummedHeaderBytes = 56;
    internal const uint Version = 1;
    private static readonly byte[] Magic = "SVMXXH3\n"u8.ToArray();

    internal static long LengthFor(ChunkGeometry geometry) => HeaderBytes + 8 * (geometry.ChunkCount + geometry.GroupCount);

    internal static long OffsetOfGroup(int group) => HeaderBytes + 8L * group * ChunkGeometry.ChunksPerGroup;

    internal static long OffsetOfIndex(ChunkGeometry geometry) => HeaderBytes + 8 * geometry.ChunkCount;

    /// <summary>The checksum of one group's checksums.</summary>
    internal static ulong GroupSum(ReadOnlySpan<ulong> sums) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(sums));

    /// <summary>Builds header and index; returns the table checksum.</summary>
    internal static ulong WriteHeader(Span<byte> header, ChunkGeometry geometry, ReadOnlySpan<ulong> index)
    {
        WriteFields(header, geometry);
        var checksum = TableSum(header, index);
        BinaryPrimitives.WriteUInt64LittleEndian(header[ChecksummedHeaderBytes..], checksum);
        return checksum;
    }

    /// <summary>Reads header and index and checks them against the geometry and the manifest's checksum.</summary>
    /// <returns>The checksums of the groups.</returns>
    /// <exception cref="DamagedStateException">They do not agree.</exception>
    internal static ulong[] ReadIndex(LinuxFile file, string item, ChunkGeometry geometry, ulong tableSum)
    {
        var length = file.Status().Length;
        if (length != LengthFor(geometry))
            throw new DamagedStateException(item, -1, $"has {length} bytes and not {LengthFor(geometry)}");
        Span<byte> header = stackalloc byte[HeaderBytes], expected = stackalloc byte[HeaderBytes];
        if (file.Read(header, 0) != HeaderBytes) throw new DamagedStateException(item, 0, "the header is cut off");
        WriteFields(expected, geometry);
        BinaryPrimitives.WriteUInt64LittleEndian(expected[ChecksummedHeaderBytes..], tableSum);
        var different = header.CommonPrefixLength(expected);
        if (different != HeaderBytes)
            throw new DamagedStateException(item, different, "the header is not the one that belongs to this snapshot");
        var index = new ulong[geometry.GroupCount];
        var bytes = MemoryMarshal.AsBytes(index.AsSpan());
        if (file.Read(bytes, OffsetOfIndex(geometry)) != bytes.Length)
            throw new DamagedStateException(item, OffsetOfIndex(geometry), "the group checksums are cut off");
        if (TableSum(header, index) != tableSum)
            throw new DamagedStateException(item, OffsetOfIndex(geometry), "the group checksums do not match the table checksum");
        return index;
    }

    private static void WriteFields(Span<byte> header, ChunkGeometry geometry)
    {
        header.Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], ChunkGeometry.ChunkBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], (ulong)geometry.BlockLength);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)geometry.ChunkCount);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], ChunkGeometry.ChunksPerGroup);
    }

    private static ulong TableSum(ReadOnlySpan<byte> header, ReadOnlySpan<ulong> index)
    {
        var hash = new XxHash3();
        hash.Append(header[..ChecksummedHeaderBytes]);
        hash.Append(MemoryMarshal.AsBytes(index));
        return hash.GetCurrentHashAsUInt64();
    }
}
