using Savevm.Hosting.Ram;

namespace Savevm.Hosting.Tests.Conformance;

public sealed class PrivateFileRamTests : HostedRamConformance, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        // Whatever the suite wrote, the file is as it was.
        Assert.All(Directory.EnumerateFiles(folder.Path), file => Assert.True(File.ReadAllBytes(file).AsSpan().IndexOfAnyExcept((byte)0) < 0));
        folder.Dispose();
    }

    protected override RamBacking Backing(string idStr)
    {
        var path = Path.Combine(folder.Path, idStr);
        if (!File.Exists(path)) File.WriteAllBytes(path, new byte[100 * 4096]);
        return RamBacking.PrivateFile(path);
    }
}
