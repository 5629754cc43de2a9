using Savevm.Qemu.Facts;

namespace Savevm.Qemu.Destination;

/// <summary>A QEMU that listens for its state, and what it said of itself on the way there.</summary>
/// <param name="Machine">What it consists of; null where the plan does not ask for it.</param>
/// <param name="RamBlocks">Its RAM blocks, where they matter: for pages on demand, or as a part of all; else empty.</param>
public sealed record PreparedDestination(WaitingMachineFact? Machine, IReadOnlyList<RamBlockFact> RamBlocks)
{
    private const long OrdinaryPageBytes = 4096;

    /// <summary>Bytes of its host pages by RAM block, of those whose pages are not the ordinary ones (huge pages).</summary>
    public IReadOnlyDictionary<string, long> HostPageBytes { get; } = RamBlocks
        .Where(block => block.PageBytes > OrdinaryPageBytes)
        .DistinctBy(block => block.Name)
        .ToDictionary(block => block.Name, block => block.PageBytes, StringComparer.Ordinal);
}
