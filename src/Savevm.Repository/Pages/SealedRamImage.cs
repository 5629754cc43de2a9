using Savevm.Machine.Ram;

namespace Savevm.Repository.Pages;

/// <summary>A RAM block whose image and checksums are complete.</summary>
/// <param name="Block">The block.</param>
/// <param name="TableSum">The checksum of its table of checksums.</param>
/// <param name="DataBytes">Bytes of pages that are not holes.</param>
internal sealed record SealedRamImage(RamBlock Block, ulong TableSum, long DataBytes);
