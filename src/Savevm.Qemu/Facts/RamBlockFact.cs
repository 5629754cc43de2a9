namespace Savevm.Qemu.Facts;

/// <summary>A RAM block of a live QEMU.</summary>
/// <param name="Name">Its idstr.</param>
/// <param name="PageBytes">The size of the host's pages that it is made of.</param>
/// <param name="UsedBytes">Its size at present.</param>
/// <param name="MaximumBytes">What it can grow to; the same for all but a few firmware tables.</param>
public sealed record RamBlockFact(string Name, long PageBytes, long UsedBytes, long MaximumBytes);
