using Savevm.Machine.Ram;

namespace Savevm.Repository.Snapshots;

/// <summary>What the manifest says about a RAM block.</summary>
/// <param name="Block">Name and size.</param>
/// <param name="DataBytes">Bytes of pages that are not holes in its image.</param>
/// <param name="TableSum">The checksum of its table of checksums.</param>
public sealed record StoredRamBlock(RamBlock Block, long DataBytes, ulong TableSum);
