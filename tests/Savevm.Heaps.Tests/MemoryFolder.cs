namespace Savevm.Heaps.Tests;

/// <summary>
/// A folder that goes with its test, in memory where there is such a place: a file that replaces another one by a rename is brought to the disk by some file
/// systems, page by page where pages are scattered, which is not what is tested.
/// </summary>
internal sealed class MemoryFolder : IDisposable
{
    private const string Memory = "/dev/shm";

    internal string Path { get; } = Directory.Exists(Memory)
        ? Directory.CreateDirectory(System.IO.Path.Combine(Memory, $"savevm-heaps-{Guid.NewGuid():n}")).FullName
        : Directory.CreateTempSubdirectory("savevm-heaps-").FullName;

    public void Dispose() => Directory.Delete(Path, true);
}
