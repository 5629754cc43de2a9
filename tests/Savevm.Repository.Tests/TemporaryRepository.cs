namespace Savevm.Repository.Tests;

/// <summary>A repository in a directory of its own, removed with everything in it.</summary>
internal sealed class TemporaryRepository : IDisposable
{
    internal TemporaryRepository()
    {
        Path = Directory.CreateTempSubdirectory("savevm-test-").FullName;
        Repository = SnapshotRepository.Open(Path, create: true);
    }

    internal string Path { get; }

    internal SnapshotRepository Repository { get; }

    /// <summary>The names of everything in the repository's directory, hidden things too.</summary>
    internal IEnumerable<string> Entries => Directory.EnumerateFileSystemEntries(Path).Select(entry => System.IO.Path.GetFileName(entry)!);

    public void Dispose()
    {
        Repository.Dispose();
        Directory.Delete(Path, recursive: true);
    }
}
