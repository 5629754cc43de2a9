namespace Savevm.Hosting.Ram;

/// <summary>What lies under a RAM block, and where.</summary>
public sealed record RamBacking
{
    private RamBacking(RamBackingKind kind, string? path) => (Kind, Path) = (kind, path);

    /// <summary>Private memory without a file.</summary>
    public static RamBacking Anonymous { get; } = new(RamBackingKind.Anonymous, null);

    /// <summary>Shared memory without a path, for machines of several processes.</summary>
    public static RamBacking MemoryFile { get; } = new(RamBackingKind.MemoryFile, null);

    /// <summary>
    /// The same in pages of 2 MiB of those that the host has set aside (hugetlb, <c>vm.nr_hugepages</c>): of whole such pages, all of which are
    /// reserved. The kernel protects and gives back whole ones: they can be saved in the background, but neither tracked by the kernel nor filled
    /// after the machine has started.
    /// </summary>
    public static RamBacking HugeMemoryFile { get; } = new(RamBackingKind.HugeMemoryFile, null);

    /// <summary>The kind.</summary>
    public RamBackingKind Kind { get; }

    /// <summary>The file's path; null where there is none.</summary>
    public string? Path { get; }

    /// <summary>The content also lies in a file, and survives a crash of the process; trackers see no writer but this process.</summary>
    internal bool IsShared => Kind is RamBackingKind.MemoryFile or RamBackingKind.HugeMemoryFile or RamBackingKind.SharedFile;

    /// <summary>A file that the machine writes to. It is made when it is not there, and made longer when it is too short.</summary>
    public static RamBacking SharedFile(string path) => new(RamBackingKind.SharedFile, path);

    /// <summary>A file that is as long as the block at least and that the machine does not change; nobody else may change it either.</summary>
    public static RamBacking PrivateFile(string path) => new(RamBackingKind.PrivateFile, path);
}
