using System.Globalization;
using Savevm.Linux;
using Savevm.Linux.Files;
using Savevm.Qemu.Disks;

namespace Savevm.Disks;

/// <summary>One image of a live disk's chain, and where its file can be read.</summary>
/// <param name="Node">The node.</param>
/// <param name="Path">The path of its file; null where it is none of this host.</param>
/// <param name="Unlinked">
/// Where a file without a name can still be read (<c>/proc/PID/fd/N</c>): the layer of <c>snapshot=on</c>. Null for a file with a name.
/// </param>
internal sealed record DiskLayer(BlockNode Node, string? Path, string? Unlinked)
{
    /// <summary>The layers of a disk, topmost first.</summary>
    /// <param name="top">Its topmost node.</param>
    /// <param name="processId">The QEMU that has it open; null where it is not known.</param>
    public static IReadOnlyList<DiskLayer> Of(BlockNode top, int? processId) =>
    [
        .. top.Chain().Select(node =>
        {
            var path = node.OwnHostPaths().FirstOrDefault();
            return new DiskLayer(node, path, path is null || Exists(path) ? null : FindUnlinked(path, processId));
        })
    ];

    /// <summary>Its file has neither a name nor a descriptor that we may open.</summary>
    public bool IsLost => Path is not null && Unlinked is null && !Exists(Path);

    private static bool Exists(string path)
    {
        try
        {
            _ = FileIdentity.Of(path);
            return true;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    private static string? FindUnlinked(string path, int? processId)
    {
        if (processId is not { } id) return null;
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/fd");
        try
        {
            return Directory.EnumerateFileSystemEntries(folder).FirstOrDefault(entry => new FileInfo(entry).LinkTarget == path + " (deleted)");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
