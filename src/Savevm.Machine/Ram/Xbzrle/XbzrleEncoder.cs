using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Savevm.Machine.Ram.Xbzrle;

/// <summary>
/// Writes a page as its difference to what was sent before, byte for byte as QEMU's plain encoder does. Layout:
/// <c>docs/wire-format.md</c>, chapter 4.5. Data plane: no allocation; any thread may call.
/// </summary>
/// <remarks>
/// Both pages are compared 64 bytes at a time into a mask of the bytes that differ. Runs begin and end where neighbouring bits
/// are unlike, so the work grows with the number of runs, not with their bytes.
/// </remarks>
public static class XbzrleEncoder
{
    /// <summary>What <see cref="Encode"/> returns when the difference does not fit.</summary>
    public const int Overflow = -1;

    /// <summary>What <see cref="Encode"/> returns when the pages are equal.</summary>
    public const int Unchanged = 0;

    /// <summary>Longest input: a length of a run has two bytes.</summary>
    public const int MaxLength = 0x3fc0;

    private const int MaskBytes = 64;
    private const int LengthBytes = 2;
    private const int ShortRunBytes = 32;

    /// <summary>Encodes what changed.</summary>
    /// <param name="before">What the other side has.</param>
    /// <param name="now">What it shall have: as long, a multiple of 64 bytes, at most <see cref="MaxLength"/>.</param>
    /// <param name="destination">Where to. QEMU gives as many bytes as a page has; its contents are undefined on overflow.</param>
    /// <returns>Bytes written, <see cref="Unchanged"/> or <see cref="Overflow"/>.</returns>
    public static int Encode(ReadOnlySpan<byte> before, ReadOnlySpan<byte> now, Span<byte> destination)
    {
        if (before.Length != now.Length || now.Length % MaskBytes != 0 || now.Length > MaxLength)
            throw new ArgumentException($"Pages of {before.Length} and {now.Length} bytes.", nameof(now));
        if (now.IsEmpty) return Unchanged;
        if (destination.Length < LengthBytes) return Overflow;
        ref var old = ref MemoryMarshal.GetReference(before);
        ref var fresh = ref MemoryMarshal.GetReference(now);
        var lastShortStart = now.Length - ShortRunBytes;
        var lastShortPlace = destination.Length - (LengthBytes + 1 + ShortRunBytes + LengthBytes);
        var written = 0;
        var runStart = 0;
        ulong differs = 0;
        for (var at = 0; at < now.Length; at += MaskBytes)
        {
            var mask = Differences(ref old, ref fresh, at);
            if (mask == 0 - differs)
            {
                // One equal piece is mostly followed by many.
                if (mask == 0) at = SkipEqual(ref old, ref fresh, at + MaskBytes, now.Length) - MaskBytes;
                continue;
            }
            var edges = mask ^ ((mask << 1) | differs);
            var isRun = differs != 0;
            differs = mask >> (MaskBytes - 1);
            do
            {
                var rest = edges & (edges - 1);
                if (!isRun && rest != 0)
                {
                    // Where both ends of a short run are at hand, it is written at once: most runs are.
                    var start = at + BitOperations.TrailingZeroCount(edges);
                    var end = at + BitOperations.TrailingZeroCount(rest);
                    if (end - start <= ShortRunBytes && start <= lastShortStart && written <= lastShortPlace)
                    {
                        written = WriteLength(destination, written, start - runStart);
                        written = WriteShortRun(now, start, end - start, destination, written);
                        runStart = end;
                        edges = rest & (rest - 1);
                        continue;
                    }
                }
                var edge = at + BitOperations.TrailingZeroCount(edges);
                edges = rest;
                if (isRun)
                {
                    written = WriteLiterals(now, runStart, edge - runStart, destination, written);
                    if (written < 0 || written + LengthBytes > destination.Length) return Overflow;
                }
                else
                {
                    written = WriteLength(destination, written, edge - runStart);
                    if (written + LengthBytes > destination.Length) return Overflow;
                }
                isRun = !isRun;
                runStart = edge;
            }
            while (edges != 0);
        }
        return differs == 0 ? written : WriteLiterals(now, runStart, now.Length - runStart, destination, written);
    }

    /// <summary>Bit i is set where byte i of the 64 differs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Differences(ref byte before, ref byte now, int at) =>
        ~Vector512.Equals(Vector512.LoadUnsafe(ref before, (nuint)at), Vector512.LoadUnsafe(ref now, (nuint)at)).ExtractMostSignificantBits();

    /// <summary>Where the next piece begins that is not equal, or one shortly before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SkipEqual(ref byte before, ref byte now, int at, int length)
    {
        const int StepBytes = 4 * 32;
        for (; at <= length - StepBytes; at += StepBytes)
        {
            var any = Changes(ref before, ref now, at) | Changes(ref before, ref now, at + 32)
                | Changes(ref before, ref now, at + 64) | Changes(ref before, ref now, at + 96);
            if (any != Vector256<byte>.Zero) break;
        }
        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Changes(ref byte before, ref byte now, int at) =>
        Vector256.LoadUnsafe(ref before, (nuint)at) ^ Vector256.LoadUnsafe(ref now, (nuint)at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WriteLength(Span<byte> destination, int at, int length)
    {
        // SAFETY: every caller has seen that two bytes are left in the destination.
        ref var field = ref Unsafe.Add(ref MemoryMarshal.GetReference(destination), at);
        if (length < 0x80)
        {
            field = (byte)length;
            return at + 1;
        }
        field = (byte)(length | 0x80);
        Unsafe.Add(ref field, 1) = (byte)(length >> 7);
        return at + LengthBytes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WriteLiterals(ReadOnlySpan<byte> now, int from, int count, Span<byte> destination, int at)
    {
        at = WriteLength(destination, at, count);
        if (at + count > destination.Length) return Overflow;

        if (count <= ShortRunBytes && from + ShortRunBytes <= now.Length && at + ShortRunBytes <= destination.Length)
            CopyShortRun(now, from, destination, at);
        else
            now.Slice(from, count).CopyTo(destination[at..]);
        return at + count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WriteShortRun(ReadOnlySpan<byte> now, int from, int count, Span<byte> destination, int at)
    {
        // SAFETY: the caller has seen that there is room.
        Unsafe.Add(ref MemoryMarshal.GetReference(destination), at) = (byte)count;
        CopyShortRun(now, from, destination, at + 1);
        return at + 1 + count;
    }

    // SAFETY: the caller has seen that 32 bytes from both places on lie inside the spans; what is written too far is written again or never counted.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyShortRun(ReadOnlySpan<byte> now, int from, Span<byte> destination, int at) =>
        Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(now), (nuint)from).StoreUnsafe(ref MemoryMarshal.GetReference(destination), (nuint)at);
}
