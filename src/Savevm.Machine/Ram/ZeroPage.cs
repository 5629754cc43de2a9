using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Savevm.Machine.Ram;

/// <summary>Tells whether memory is all zero. Data plane: no allocation; any thread may call.</summary>
public static class ZeroPage
{
    // Some vectors are read before one decision is made; a page with contents is nearly always told by its first.
    private const int StepBytes = 256;

    /// <summary>All bytes are zero; true for none. The memory must be present: see decision 1 on guest RAM.</summary>
    public static bool IsZero(ReadOnlySpan<byte> bytes)
    {
        ref var start = ref MemoryMarshal.GetReference(bytes);
        nuint at = 0;
        var length = (nuint)bytes.Length;
        for (; at + StepBytes <= length; at += StepBytes)
        {
            var any = (Eighth(ref start, at) | Eighth(ref start, at + 32)) | (Eighth(ref start, at + 64) | Eighth(ref start, at + 96))
                | ((Eighth(ref start, at + 128) | Eighth(ref start, at + 160)) | (Eighth(ref start, at + 192) | Eighth(ref start, at + 224)));
            if (any != Vector256<byte>.Zero) return false;
        }
        return at == length || !bytes[(int)at..].ContainsAnyExcept((byte)0);
    }

    private static Vector256<byte> Eighth(ref byte start, nuint at) => Vector256.LoadUnsafe(ref start, at);

    /// <summary>Number of whole pages of zeros with which the memory begins.</summary>
    /// <param name="pages">Some pages, <see cref="RamBlock.PageSize"/> bytes each.</param>
    public static int CountLeading(ReadOnlySpan<byte> pages)
    {
        var count = 0;
        while (pages.Length >= RamBlock.PageSize && IsZero(pages[..RamBlock.PageSize]))
        {
            pages = pages[RamBlock.PageSize..];
            count++;
        }
        return count;
    }
}
