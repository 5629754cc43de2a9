namespace Savevm.Hosting.Ram;

/// <summary>What lies under a RAM block.</summary>
public enum RamBackingKind
{
    /// <summary>Private memory without a file.</summary>
    Anonymous,

    /// <summary>Shared memory without a path (memfd).</summary>
    MemoryFile,

    /// <summary>Shared memory without a path, in pages of 2 MiB of those that the host has set aside (hugetlb).</summary>
    HugeMemoryFile,

    /// <summary>A file with a path; what the machine writes goes to it.</summary>
    SharedFile,

    /// <summary>A file with a path that is only read; what the machine writes stays with the machine.</summary>
    PrivateFile,
}
