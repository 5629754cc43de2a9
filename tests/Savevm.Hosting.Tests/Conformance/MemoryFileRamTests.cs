using Savevm.Hosting.Ram;

namespace Savevm.Hosting.Tests.Conformance;

public sealed class MemoryFileRamTests : HostedRamConformance
{
    protected override RamBacking Backing(string idStr) => RamBacking.MemoryFile;
}
