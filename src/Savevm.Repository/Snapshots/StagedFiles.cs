using System.Globalization;
using Savevm.Linux;
using Savevm.Linux.Files;

namespace Savevm.Repository.Snapshots;

/// <summary>
/// Files that a capture makes outside of the repository and that nobody uses yet: a list in the snapshot's own folder while it is written, so that
/// whoever finds that folder after its writer was killed can remove them too.
/// </summary>
/// <remarks>
/// A line a file: its size in bytes, a blank, its path. The list is there before the files are: one of them may be missing, or be empty still. A
/// file of another size has been used since, and stays.
/// </remarks>
internal static class StagedFiles
{
    private const string ListName = "staged";

    /// <summary>Writes the list down.</summary>
    internal static void Note(LinuxDirectory staging, IEnumerable<(string Path, long Bytes)> files)
    {
        var text = string.Concat(files.Select(file => FormattableString.Invariant($"{file.Bytes} {file.Path}\n")));
        if (text.Length == 0) return;
        using var file = staging.CreateFile(ListName);
        file.Write(System.Text.Encoding.UTF8.GetBytes(text), 0);
    }

    /// <summary>From now on the files are somebody's.</summary>
    internal static void Forget(LinuxDirectory staging) => staging.RemoveFile(ListName);

    /// <summary>Removes the files of a dead writer.</summary>
    internal static void Remove(LinuxDirectory staging)
    {
        try
        {
            using var list = staging.OpenFile(ListName);
            var text = new byte[Math.Min(list.Status().Length, RepositoryLimits.StagedListBytes)];
            var length = list.Read(text, 0);
            foreach (var line in System.Text.Encoding.UTF8.GetString(text, 0, length).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var blank = line.IndexOf(' ', StringComparison.Ordinal);
                if (blank > 0 && ulong.TryParse(line.AsSpan(0, blank), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes))
                    RemoveUnused(line[(blank + 1)..], bytes);
            }
        }
        catch (Exception gone) when (gone is LinuxException or IOException)
        {
            // There is no list, or somebody else was quicker.
        }
    }

    private static void RemoveUnused(string path, ulong bytes)
    {
        try
        {
            var length = FileIdentity.Of(path, followLink: false).Bytes;
            if (length == bytes || length == 0) File.Delete(path);
        }
        catch (Exception gone) when (gone is LinuxException or IOException or UnauthorizedAccessException)
        {
            // It was never made, or is not ours to remove.
        }
    }
}
