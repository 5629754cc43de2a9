using Savevm.Hosting.Ram;

namespace Savevm.Hosting.Tests.Conformance;

public sealed class PrivateFileRamTests : HostedRamConformance, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string file;

    public PrivateFileRamTests()
    {
        file = Path.Combine(folder.Path, "zeros");
        File.WriteAllBytes(file, new byte[100 * 4096]);
    }

    public void Dispose()
    {
        // Whatever the suite wrote, the file is as it was.
        Assert.False(File.ReadAllBytes(file).AsSpan().ContainsAnyExcept((byte)0));
        folder.Dispose();
    }

    // The suite opens many side by side; all may map the same file, which none changes.
    protected override RamBacking Backing(string idStr) => RamBacking.PrivateFile(file);
}
