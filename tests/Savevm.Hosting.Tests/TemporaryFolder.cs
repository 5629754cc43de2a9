namespace Savevm.Hosting.Tests;

/// <summary>A folder that goes with its test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("savevm-hosting-").FullName;

    public void Dispose() => Directory.Delete(Path, true);
}
