using System.Buffers.Binary;
using System.Numerics;

namespace Savevm.Wire.Recordings;

/// <summary>What reader and writer of recordings share. Layout: <c>docs/recording-format.md</c>.</summary>
internal static class RecordingFormat
{
    internal const uint Version = 1;
    internal const int HeaderBytes = 16;
    internal const int HeadBytes = 20;
    internal const int CheckedHeadBytes = 16;

    internal static ReadOnlySpan<byte> Magic => "SVMRELAY"u8;

    /// <summary>CRC-32C of the first part, continued over the second.</summary>
    internal static uint Check(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) => ~Continue(Continue(uint.MaxValue, first), second);

    private static uint Continue(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return crc;
    }
}
