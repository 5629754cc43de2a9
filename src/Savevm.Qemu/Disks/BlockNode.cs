namespace Savevm.Qemu.Disks;

/// <summary>A node of a live QEMU's block graph: a format, a filter, or the file or connection at the bottom.</summary>
public sealed record BlockNode
{
    // Drivers that pass through what is below them; an overlay goes under them, so that they go on doing their work.
    private static readonly string[] Filters = ["throttle", "copy-on-read", "compress", "preallocate", "blkdebug", "blklogwrites", "copy-before-write", "snapshot-access"];

    // Drivers whose file name is the path of a file or device of the host.
    private static readonly string[] HostFiles = ["file", "host_device", "host_cdrom"];

    /// <summary>Its name; QEMU makes one where its user gave none.</summary>
    public required string Name { get; init; }

    /// <summary>The driver: <c>qcow2</c>, <c>raw</c>, <c>file</c> …</summary>
    public required string Driver { get; init; }

    /// <summary>
    /// What QEMU calls its contents: a path (complete), an address, or <c>json:</c> with everything that is needed to open it again.
    /// </summary>
    public required string FileName { get; init; }

    /// <summary>It is open for reading only.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>The size that is seen through it.</summary>
    public long VirtualBytes { get; init; }

    /// <summary>The host's page cache is passed by (<c>cache.direct</c>).</summary>
    public bool IsDirect { get; init; }

    /// <summary>Nothing is ever flushed to the device (<c>cache.no-flush</c>): its user can do without its contents.</summary>
    public bool IsNeverFlushed { get; init; }

    /// <summary>What it reads from and writes to, by role: <c>file</c>, <c>backing</c>, <c>data-file</c> …</summary>
    public IReadOnlyDictionary<string, BlockNode> Children { get; init; } = new Dictionary<string, BlockNode>();

    /// <summary>It only passes through what is below it.</summary>
    public bool IsFilter => Filters.Contains(Driver);

    /// <summary>The path of the file or device of the host that it is; null where it is something else.</summary>
    public string? HostPath => HostFiles.Contains(Driver) && !FileName.StartsWith("json:", StringComparison.Ordinal) ? FileName : null;

    /// <summary>The node that an overlay can be laid over: itself, or the first below it that is no filter.</summary>
    public BlockNode Unfiltered
    {
        get
        {
            var node = this;
            while (node.IsFilter && (node.Children.GetValueOrDefault("file") ?? node.Children.GetValueOrDefault("backing")) is { } below)
            {
                node = below;
            }

            return node;
        }
    }

    /// <summary>The image below it; null where it stands alone.</summary>
    public BlockNode? Backing => Children.GetValueOrDefault("backing")?.Unfiltered;

    /// <summary>This node and everything below it.</summary>
    public IEnumerable<BlockNode> WithDescendants() => Children.Values.SelectMany(child => child.WithDescendants()).Prepend(this);

    /// <summary>The images from this one down, each a node over the one that follows.</summary>
    public IEnumerable<BlockNode> Chain()
    {
        for (var node = Unfiltered; node is not null; node = node.Backing)
        {
            yield return node;
        }
    }

    /// <summary>The files and devices of the host that hold this image alone, not what is below it.</summary>
    public IEnumerable<string> OwnHostPaths() => Children
        .Where(child => child.Key != "backing")
        .SelectMany(child => child.Value.OwnHostPaths())
        .Concat(HostPath is { } path ? [path] : []);
}
