using Savevm.Hosting.Ram;

namespace Savevm.Hosting.Tests.Conformance;

public sealed class AnonymousRamTests : HostedRamConformance
{
    protected override RamBacking Backing(string idStr) => RamBacking.Anonymous;
}
