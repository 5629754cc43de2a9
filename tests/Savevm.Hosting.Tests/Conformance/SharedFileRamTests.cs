using Savevm.Hosting.Ram;

namespace Savevm.Hosting.Tests.Conformance;

public sealed class SharedFileRamTests : HostedRamConformance, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private int count;

    public void Dispose() => folder.Dispose();

    protected override RamBacking Backing(string idStr) => RamBacking.SharedFile(Path.Combine(folder.Path, $"{Interlocked.Increment(ref count)}-{idStr}"));
}
