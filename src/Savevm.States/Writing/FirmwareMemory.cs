using System.Buffers.Binary;
using Savevm.Machine.VMState;

namespace Savevm.States.Writing;

/// <summary>
/// How much memory a PC has below and above 4 GiB, as QEMU wrote it for the firmware into the battery-backed memory of the clock. It is in the
/// state of every PC, so that a split other than the usual one is seen also where no command line is known. Whole units of 64 KiB.
/// </summary>
/// <param name="Low">Bytes below 4 GiB.</param>
/// <param name="High">Bytes above, counted from 0 again at 1 TiB.</param>
public readonly record struct FirmwareMemory(long Low, long High)
{
    private const string Clock = "mc146818rtc";
    private const int Bytes = 128, LowAt = 0x34, HighAt = 0x5b;
    private const long LowCountsFrom = 16 << 20;
    private const long HighWraps = 1L << 40;

    /// <summary>The unit.</summary>
    internal const long Unit = 64 << 10;

    /// <summary>Whether RAM of that size, cut there, is what the firmware was told of.</summary>
    internal bool Fits(long low, long total) => Low == low / Unit * Unit && High == (total - low) % HighWraps / Unit * Unit;

    /// <summary>What the clock's section says; null without a clock, and of memory so small that it is counted in another unit.</summary>
    internal static FirmwareMemory? Find(IReadOnlyList<DeviceSection> sections)
    {
        // The section begins with this memory.
        if (sections.FirstOrDefault(section => section.IdStr == Clock) is not { } clock || clock.Body.Length < Bytes)
            return null;
        ReadOnlySpan<byte> memory = clock.Body.Span[..Bytes];
        long low = BinaryPrimitives.ReadUInt16LittleEndian(memory[LowAt..]) * Unit;
        long high = (BinaryPrimitives.ReadUInt16LittleEndian(memory[HighAt..]) | ((long)memory[HighAt + 2] << 16)) * Unit;
        return low == 0 ? null : new FirmwareMemory(low + LowCountsFrom, high);
    }
}
