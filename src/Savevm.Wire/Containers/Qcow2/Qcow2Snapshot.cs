using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Savevm.Wire.Containers.Qcow2;

/// <summary>One entry of an image's snapshot table.</summary>
/// <remarks>
/// <code>
///  0 | be64 position of the L1 table | be32 its entries | be16 bytes of id | be16 bytes of name |
/// 16 | be32 seconds | be32 nanoseconds | be64 guest's clock, ns | be32 saved bytes | be32 bytes of extra data |
/// 40 | be64 saved bytes | be64 disk bytes | be64 instructions |           as far as the extra data reaches
///    | id | name | zeros up to a multiple of 8 |
/// </code>
/// </remarks>
/// <param name="Id">QEMU's id, usually a number.</param>
/// <param name="Name">The name that the user gave.</param>
/// <param name="L1Position">Position of the snapshot's own L1 table.</param>
/// <param name="L1Entries">Its entries.</param>
/// <param name="VMStateBytes">Exact length of the saved machine's stream; 0 for a snapshot of the disk alone.</param>
/// <param name="Date">When it was taken.</param>
public sealed record Qcow2Snapshot(string Id, string Name, ulong L1Position, int L1Entries, ulong VMStateBytes, DateTimeOffset Date)
{
    private const int FixedBytes = 40;
    private const int SavedBytesEnd = 8;
    private const int DiskBytesEnd = 16;

    /// <summary>The guest's clock, in nanoseconds.</summary>
    public ulong GuestClockNanoseconds { get; init; }

    /// <summary>Bytes of the disk when the snapshot was taken; null where the entry does not say.</summary>
    public ulong? DiskBytes { get; init; }

    /// <summary>Reads one entry.</summary>
    /// <param name="window">Bytes from the entry on.</param>
    /// <param name="position">Position of the window in the file.</param>
    /// <param name="header">The image's header.</param>
    /// <param name="snapshot">The entry.</param>
    /// <param name="consumed">Bytes up to the next entry. Behind the last one a file may end without them.</param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">A table, a length or a text that cannot be.</exception>
    public static bool TryRead(
        ReadOnlySpan<byte> window,
        long position,
        Qcow2Header header,
        [NotNullWhen(true)] out Qcow2Snapshot? snapshot,
        out int consumed)
    {
        ArgumentNullException.ThrowIfNull(header);
        snapshot = null;
        consumed = 0;
        if (window.Length < FixedBytes)
            return false;
        uint extra = BinaryPrimitives.ReadUInt32BigEndian(window[36..]);
        if (extra > WireLimits.MaxQcow2SnapshotExtraBytes)
            throw new WireException(position + 36, $"snapshot with {extra} bytes of extra data");
        ulong table = BinaryPrimitives.ReadUInt64BigEndian(window);
        uint entries = BinaryPrimitives.ReadUInt32BigEndian(window[8..]);
        if (entries > WireLimits.MaxQcow2L1Entries)
            throw new WireException(position + 8, $"L1 table of {entries} entries");
        if (entries > 0 && !Qcow2Header.IsClusterPosition(table, header.ClusterBits))
            throw new WireException(position, $"L1 table at 0x{table:x}");
        int idBytes = BinaryPrimitives.ReadUInt16BigEndian(window[12..]);
        int nameBytes = BinaryPrimitives.ReadUInt16BigEndian(window[14..]);
        int end = FixedBytes + (int)extra + idBytes + nameBytes;
        if (window.Length < end)
            return false;
        ulong saved = extra >= SavedBytesEnd
            ? BinaryPrimitives.ReadUInt64BigEndian(window[FixedBytes..])
            : BinaryPrimitives.ReadUInt32BigEndian(window[32..]);
        if (saved > WireLimits.MaxFilePosition)
            throw new WireException(position + FixedBytes, $"saved machine of {saved} bytes");
        ReadOnlySpan<byte> texts = window[(FixedBytes + (int)extra)..end];
        long seconds = BinaryPrimitives.ReadUInt32BigEndian(window[16..]);
        uint nanoseconds = BinaryPrimitives.ReadUInt32BigEndian(window[20..]);
        snapshot = new Qcow2Snapshot(
            ReadText(texts[..idBytes]),
            ReadText(texts[idBytes..]),
            table,
            (int)entries,
            saved,
            DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / 100))
        {
            GuestClockNanoseconds = BinaryPrimitives.ReadUInt64BigEndian(window[24..]),
            DiskBytes = extra >= DiskBytesEnd ? BinaryPrimitives.ReadUInt64BigEndian(window[(FixedBytes + 8)..]) : null,
        };
        consumed = (end + 7) & ~7;
        return true;
    }

    /// <summary>A name is whatever its user typed: UTF-8, or bytes that are shown as replacements.</summary>
    private static string ReadText(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
