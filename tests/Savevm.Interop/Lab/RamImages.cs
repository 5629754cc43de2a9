using System.Security.Cryptography;

namespace Savevm.Interop.Lab;

/// <summary>The RAM images of a snapshot, as a text that changes when a byte or a hole of them does.</summary>
internal static class RamImages
{
    public static async Task<string> DigestAsync(Workspace workspace, string name)
    {
        string folder = Path.Combine(await SavevmCommand.FolderAsync(workspace, name), "ram");
        return string.Join('\n', Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(file =>
        {
            using FileStream image = File.OpenRead(file);
            return $"{Path.GetFileName(file)} {Convert.ToHexString(SHA256.HashData(image))}";
        }));
    }
}
