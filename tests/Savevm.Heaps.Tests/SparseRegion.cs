using Savevm.Wire.Ram;

namespace Savevm.Heaps.Tests;

/// <summary>A region of a <see cref="SparseImage"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="PageCount">Its pages.</param>
/// <param name="Pages">Those that are in the image, in order.</param>
internal sealed record SparseRegion(string Name, long PageCount, params long[] Pages)
{
    /// <summary>Bytes.</summary>
    internal ulong Bytes => (ulong)PageCount * 4096;

    /// <summary>Where the image says that it lies; null for where it does.</summary>
    internal MappedRamHeader? Place { get; init; }

    /// <summary>What a page that is in the image begins with; another byte follows it, and zeros.</summary>
    internal static byte FirstByteOf(long page) => (byte)(page + 1);

    /// <summary>The bytes of its bitmap up to the last that is not zero.</summary>
    internal byte[] Bitmap()
    {
        var bitmap = new byte[Pages.Length == 0 ? 0 : (Pages[^1] / 8) + 1];
        foreach (var page in Pages) PageBits.SetRange(bitmap, page, 1);
        return bitmap;
    }
}
