namespace Savevm.Heaps.Regions;

/// <summary>What lies under a region.</summary>
public enum HeapMemory
{
    /// <summary>Private memory of this process.</summary>
    Anonymous,

    /// <summary>Memory in a file without a path (memfd).</summary>
    MemoryFile,

    /// <summary>
    /// The same in pages of 2 MiB of those that the host has set aside (hugetlb): a multiple of them, all reserved at once. While a snapshot is taken the
    /// first write to such a page waits until all of it is copied.
    /// </summary>
    HugeMemoryFile,
}
