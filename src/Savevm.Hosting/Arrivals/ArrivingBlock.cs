using Savevm.Hosting.Ram;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Arrivals;

/// <summary>A RAM block whose pages lie in a file.</summary>
/// <param name="Block">The block, of which nothing was touched yet.</param>
/// <param name="Position">Where its first page lies in the file, or would; each other one as far behind as in the block.</param>
/// <param name="Pages">The pages that are in the file; the others are zero.</param>
public sealed record ArrivingBlock(HostedRamBlock Block, long Position, PageBitmap Pages);
