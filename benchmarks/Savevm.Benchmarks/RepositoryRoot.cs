namespace Savevm.Benchmarks;

/// <summary>Where the sources are: the folder of the solution, above the running executable.</summary>
internal static class RepositoryRoot
{
    public static string Path { get; } = Find();

    public static string Combine(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Savevm.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"no Savevm.slnx above {AppContext.BaseDirectory}");
    }
}
