namespace Savevm.Heaps.Regions;

/// <summary>What lies under a region.</summary>
public enum HeapMemory
{
    /// <summary>Private memory of this process.</summary>
    Anonymous,

    /// <summary>Memory in a file without a path (memfd).</summary>
    MemoryFile,
}
