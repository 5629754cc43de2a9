namespace Savevm.Interop.Lab;

/// <summary>
/// The command under test: <c>SAVEVM_EXE</c>, else the executable that <c>./savevm publish</c> made, else what a build of the command line left.
/// </summary>
internal static class SavevmExecutable
{
    private static readonly Lazy<string> Found = new(Find);

    public static string Path => Found.Value;

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("SAVEVM_EXE") is { Length: > 0 } named)
        {
            return File.Exists(named) ? named : throw new InvalidOperationException($"SAVEVM_EXE names {named}, which is not there");
        }

        string[] places =
        [
            RepositoryRoot.Combine("artifacts", "savevm"),
            RepositoryRoot.Combine("src", "Savevm.Cli", "bin", "Release", "net10.0", "Savevm.Cli"),
            RepositoryRoot.Combine("src", "Savevm.Cli", "bin", "Debug", "net10.0", "Savevm.Cli"),
        ];
        return places.FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("no savevm to test: run ./savevm publish, or name an executable in SAVEVM_EXE");
    }
}
