namespace Savevm.Interop.Lab;

/// <summary>Where the sources are: the folder of the solution, above the running test executable. A copy of the executable alone has none.</summary>
internal static class RepositoryRoot
{
    private static readonly Lazy<string> Found = new(Find);

    /// <summary>A path below it; one that is not there when there is no such folder.</summary>
    public static string Combine(params string[] parts) => System.IO.Path.Combine([Found.Value, .. parts]);

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Savevm.slnx")))
            {
                return folder.FullName;
            }
        }

        return System.IO.Path.Combine(AppContext.BaseDirectory, "no-repository");
    }
}
