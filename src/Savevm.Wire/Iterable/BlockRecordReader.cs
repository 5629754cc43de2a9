using System.Buffers.Binary;

namespace Savevm.Wire.Iterable;

/// <summary>
/// Reads the records of block migration, idstr <c>block</c>: disks inside the stream, up to QEMU 9.0. Each is a word like RAM's, with
/// nine bits of flags below the sector, and a counted name. No allocation; any thread may call.
/// </summary>
public static class BlockRecordReader
{
    /// <summary>Bytes of one block.</summary>
    public const int BlockBytes = 1 << 20;

    private const int SectorBits = 9;
    private const ulong FlagMask = (1 << SectorBits) - 1;
    private const ulong DeviceBlock = 0x01;
    private const ulong EndOfSection = 0x02;
    private const ulong Progress = 0x04;
    private const ulong ZeroBlock = 0x08;

    /// <summary>Reads the head of the next record.</summary>
    /// <param name="window">Bytes from the record on.</param>
    /// <param name="offset">Offset of the window in the stream.</param>
    /// <param name="record">The record; its name points into <paramref name="window"/>.</param>
    /// <param name="headerBytes">Bytes of the head; <see cref="BlockRecord.DataBytes"/> follow.</param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">Unknown flags, or a name that is not printable ASCII.</exception>
    public static bool TryRead(ReadOnlySpan<byte> window, long offset, out BlockRecord record, out int headerBytes)
    {
        record = default;
        headerBytes = 0;
        if (!BinaryPrimitives.TryReadUInt64BigEndian(window, out ulong word))
            return false;
        ulong flags = word & FlagMask;
        BlockRecordKind kind = flags switch
        {
            DeviceBlock => BlockRecordKind.Data,
            DeviceBlock | ZeroBlock => BlockRecordKind.Zero,
            Progress => BlockRecordKind.Progress,
            EndOfSection => BlockRecordKind.EndOfSection,
            _ => throw new WireException(offset, $"block record with flags 0x{flags:x3}"),
        };
        ReadOnlySpan<byte> name = default;
        headerBytes = sizeof(ulong);
        if (kind is BlockRecordKind.Data or BlockRecordKind.Zero)
        {
            headerBytes = 0;
            if (!WireText.TryReadName(window, offset, sizeof(ulong), "name of a disk", out name))
                return false;
            headerBytes = sizeof(ulong) + 1 + name.Length;
        }
        record = new BlockRecord(kind, word >> SectorBits, name);
        return true;
    }
}
