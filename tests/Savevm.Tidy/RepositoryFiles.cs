namespace Savevm.Tidy;

/// <summary>The files of this repository as they lie in its folder, without what was built or fetched.</summary>
internal static class RepositoryFiles
{
    private static readonly HashSet<string> NotOurs = [".git", ".cache", "artifacts", "bin", "obj", "TestResults", ".vs", ".idea"];

    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every text file, by its path below the root, with forward slashes.</summary>
    public static IReadOnlyList<string> All { get; } = [.. List(Root).Where(IsText).Order(StringComparer.Ordinal)];

    /// <summary>The C# files of the product and of its tests and benchmarks.</summary>
    public static IEnumerable<string> CSharp => All.Where(path => path.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>The pages of documentation.</summary>
    public static IEnumerable<string> Markdown => All.Where(path => path.EndsWith(".md", StringComparison.Ordinal));

    public static string FullPath(string path) => Path.Combine(Root, path);

    public static string Read(string path) => File.ReadAllText(FullPath(path));

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Savevm.slnx")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException($"no Savevm.slnx above {AppContext.BaseDirectory}");
    }

    private static IEnumerable<string> List(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            yield return Path.GetRelativePath(Root, file);
        }

        foreach (string child in Directory.EnumerateDirectories(folder))
        {
            if (!NotOurs.Contains(Path.GetFileName(child)) && new DirectoryInfo(child).LinkTarget is null)
            {
                foreach (string file in List(child))
                {
                    yield return file;
                }
            }
        }
    }

    private static bool IsText(string path)
    {
        // The .git of a linked work tree is a file, and none of ours.
        if (path == ".git")
        {
            return false;
        }

        using FileStream file = File.OpenRead(FullPath(path));
        byte[] head = new byte[4096];
        return !head.AsSpan(0, file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)).Contains((byte)0);
    }
}
