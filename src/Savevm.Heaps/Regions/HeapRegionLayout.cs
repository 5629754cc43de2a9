namespace Savevm.Heaps.Regions;

/// <summary>What a region shall be.</summary>
/// <param name="Name">Its name in images; 1 to 255 bytes of ASCII, unique in its heap.</param>
/// <param name="Length">Bytes, a multiple of 4096.</param>
public sealed record HeapRegionLayout(string Name, long Length)
{
    /// <summary>What lies under it.</summary>
    public HeapMemory Memory { get; init; } = HeapMemory.Anonymous;

    /// <summary>
    /// Transparent huge pages where they fit: faster to fill and to walk through. What is written to during a snapshot is broken into small ones.
    /// </summary>
    public bool HugePages { get; init; }
}
