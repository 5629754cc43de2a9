using System.Buffers.Binary;
using Savevm.Wire.Dialects;

namespace Savevm.Wire.Forward;

/// <summary>The payload of POSTCOPY_RAM_DISCARD: pages that the destination shall drop.</summary>
/// <param name="BlockName">The RAM block.</param>
/// <param name="Ranges">What to drop; at least one range. QEMU sends at most <see cref="MaxRangesPerCommand"/>.</param>
public sealed record RamDiscard(string BlockName, IReadOnlyList<RamRange> Ranges)
{
    /// <summary>Most ranges that QEMU sends in one command; it accepts more.</summary>
    public const int MaxRangesPerCommand = 12;

    private const byte PayloadVersion = 0;
    private const int RangeBytes = 16;

    /// <summary>
    /// Reads the payload. That the ranges lie inside the block and are aligned to its host pages is the caller's check:
    /// only the caller knows the block.
    /// </summary>
    /// <param name="payload">The payload of the command.</param>
    /// <param name="offset">Its offset in the stream.</param>
    /// <param name="dialect">Target page size; null for 4096 bytes.</param>
    /// <exception cref="WireException">The payload is malformed or a range is no range of pages.</exception>
    public static RamDiscard Parse(ReadOnlySpan<byte> payload, long offset, StreamDialect? dialect = null)
    {
        if (payload.IsEmpty)
            throw new WireException(offset, "POSTCOPY_RAM_DISCARD without payload");
        if (payload[0] != PayloadVersion)
            throw new WireException(offset, $"POSTCOPY_RAM_DISCARD of version {payload[0]}");
        if (!WireText.TryReadName(payload, offset, 1, "block name", out ReadOnlySpan<byte> name))
            throw new WireException(offset + 1, "block name longer than the payload");
        int terminator = 2 + name.Length;
        if (terminator >= payload.Length || payload[terminator] != 0)
            throw new WireException(offset + terminator, "block name of POSTCOPY_RAM_DISCARD is not terminated");
        ReadOnlySpan<byte> rest = payload[(terminator + 1)..];
        if (rest.IsEmpty || rest.Length % RangeBytes != 0)
            throw new WireException(offset + terminator + 1, $"{rest.Length} bytes of ranges, not a multiple of {RangeBytes}");
        var ranges = new RamRange[rest.Length / RangeBytes];
        ulong pageMask = (dialect ?? StreamDialect.Default).TargetPageSize - 1;
        for (int i = 0; i < ranges.Length; i++)
        {
            ReadOnlySpan<byte> field = rest.Slice(i * RangeBytes, RangeBytes);
            var range = new RamRange(
                Start: BinaryPrimitives.ReadUInt64BigEndian(field),
                Length: BinaryPrimitives.ReadUInt64BigEndian(field[8..]));
            if (!IsPageRange(range, pageMask))
            {
                throw new WireException(
                    offset + terminator + 1 + (i * RangeBytes), $"discard of 0x{range.Length:x} bytes at 0x{range.Start:x}");
            }
            ranges[i] = range;
        }
        return new RamDiscard(WireText.ToText(name), ranges);
    }

    /// <summary>The payload in new memory.</summary>
    /// <exception cref="InvalidOperationException">No range, or more than <see cref="MaxRangesPerCommand"/>.</exception>
    public byte[] ToPayload()
    {
        if (Ranges.Count is 0 or > MaxRangesPerCommand)
            throw new InvalidOperationException($"A discard command of {Ranges.Count} ranges.");
        var writer = new WireWriter(3 + WireLimits.MaxIdStrBytes + (Ranges.Count * RangeBytes));
        writer.WriteByte(PayloadVersion);
        writer.WriteCountedString(BlockName);
        writer.WriteByte(0);
        foreach (RamRange range in Ranges)
        {
            writer.WriteUInt64(range.Start);
            writer.WriteUInt64(range.Length);
        }
        return writer.WrittenSpan.ToArray();
    }

    private static bool IsPageRange(RamRange range, ulong pageMask) =>
        range.Length != 0 && ((range.Start | range.Length) & pageMask) == 0
        && range.Start < WireLimits.MaxRamBytes && range.Length <= WireLimits.MaxRamBytes - range.Start;
}
