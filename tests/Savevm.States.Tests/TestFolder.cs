namespace Savevm.States.Tests;

/// <summary>A folder of one test.</summary>
internal sealed class TestFolder : IDisposable
{
    internal string Root { get; } = Directory.CreateTempSubdirectory("savevm-states-").FullName;

    internal string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Writes a file; returns its path.</summary>
    internal string Write(string name, ReadOnlySpan<byte> bytes)
    {
        string path = PathOf(name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
