using Savevm.Machine.Ram;
using Savevm.Wire.Ram;

namespace Savevm.States.Writing;

/// <summary>Where a block goes in a mapped-ram file.</summary>
/// <param name="Block">The block.</param>
/// <param name="Header">Positions of bitmap and pages.</param>
/// <param name="Bitmap">The bitmap while it is made.</param>
internal sealed record MappedRamPlace(RamBlock Block, MappedRamHeader Header, byte[] Bitmap);
