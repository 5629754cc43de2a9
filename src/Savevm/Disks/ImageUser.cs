using System.Globalization;

namespace Savevm.Disks;

/// <summary>Finds the process that has an image open.</summary>
internal static class ImageUser
{
    /// <summary>The processes, other than this one, that have a file open; those of other users are seen by root alone.</summary>
    public static IReadOnlyList<int> Of(string path)
    {
        var users = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != Environment.ProcessId && Has(folder, path))
                users.Add(id);
        }
        return users;
    }

    private static bool Has(string folder, string path)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(folder + "/fd").Any(entry => new FileInfo(entry).LinkTarget == path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
