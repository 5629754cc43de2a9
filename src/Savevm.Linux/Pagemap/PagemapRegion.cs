using System.Runtime.InteropServices;

namespace Savevm.Linux.Pagemap;

/// <summary>Neighbouring pages of the same categories, as the kernel reports them.</summary>
/// <param name="Start">Address of the first byte.</param>
/// <param name="End">Address behind the last byte.</param>
/// <param name="Categories">Those that were asked for and hold.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct PagemapRegion(ulong Start, ulong End, PageCategories Categories);
