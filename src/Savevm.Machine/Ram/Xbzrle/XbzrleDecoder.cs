using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Savevm.Machine.Ram.Xbzrle;

/// <summary>
/// Applies a difference to a page. Layout: <c>docs/wire-format.md</c>, chapter 4.5. Data plane: no allocation; any thread may call.
/// </summary>
public static class XbzrleDecoder
{
    private const int LengthBytes = 2;

    /// <summary>Sixteen bytes from 16 - n on select the first n of a vector.</summary>
    private static ReadOnlySpan<byte> Masks =>
    [
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>Applies a difference.</summary>
    /// <param name="source">The difference; empty changes nothing.</param>
    /// <param name="page">What the page was before, and is afterwards. Partly changed when the difference is refused.</param>
    /// <param name="defectAt">Where in <paramref name="source"/> the defect is.</param>
    /// <returns>False when the difference is none that an encoder could have written, or reaches beyond the page.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> source, Span<byte> page, out int defectAt)
    {
        var at = 0;
        var to = 0;
        while (at < source.Length)
        {
            // Only the first run of unchanged bytes may be empty, and one at the end is not written.
            defectAt = at;
            if (!TryReadLength(source, ref at, out var unchanged) || (unchanged == 0 && defectAt != 0)) return false;
            to += unchanged;
            if (to > page.Length) return false;
            defectAt = at;
            if (!TryReadLength(source, ref at, out var literals) || literals == 0) return false;
            if (literals > page.Length - to || literals > source.Length - at) return false;
            Copy(source, at, page, to, literals);
            at += literals;
            to += literals;
        }
        defectAt = 0;
        return true;
    }

    /// <summary>One byte below 0x80, or two of which the second is. Two bytes must be there in any case.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryReadLength(ReadOnlySpan<byte> source, ref int at, out int length)
    {
        length = 0;
        if (source.Length - at < LengthBytes) return false;
        length = source[at++];
        if (length < 0x80) return true;
        var high = source[at++];
        length = (length & 0x7f) | (high << 7);
        return high < 0x80;
    }

    /// <summary>
    /// Most runs are a few bytes long: they are copied as one vector together with what stands behind them in the page, so that no
    /// branch depends on the length. Single bytes are so frequent that they are worth one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(ReadOnlySpan<byte> source, int from, Span<byte> page, int to, int count)
    {
        // SAFETY: the caller checked that count bytes are in both spans. Below, 16 bytes from both places on lie inside the spans,
        // and 16 bytes from any count up to 16 on inside the table.
        ref var input = ref Unsafe.Add(ref MemoryMarshal.GetReference(source), from);
        ref var output = ref Unsafe.Add(ref MemoryMarshal.GetReference(page), to);
        if (count == 1)
        {
            output = input;
        }
        else if (count > Vector128<byte>.Count || from + Vector128<byte>.Count > source.Length || to + Vector128<byte>.Count > page.Length)
        {
            source.Slice(from, count).CopyTo(page[to..]);
        }
        else
        {
            var mask = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(Masks), (nuint)(Vector128<byte>.Count - count));
            Vector128.ConditionalSelect(mask, Vector128.LoadUnsafe(ref input), Vector128.LoadUnsafe(ref output)).StoreUnsafe(ref output);
        }
    }
}
