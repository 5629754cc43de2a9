namespace Savevm.Wire.Ram;

/// <summary>One RAM block of the list that begins a RAM stream.</summary>
/// <param name="IdStr">Name, 1 to 255 bytes of printable ASCII; may contain slashes.</param>
/// <param name="UsedLength">Bytes in use, a multiple of the target page size.</param>
/// <param name="PageSize">Host page size in bytes; the target page size where the stream tells none.</param>
public sealed record RamSetupBlock(string IdStr, ulong UsedLength, ulong PageSize)
{
    /// <summary>Guest physical address, when the dialect has it.</summary>
    public ulong? GuestAddress { get; init; }

    /// <summary>Where the block lies in the file, when the dialect has mapped-ram.</summary>
    public MappedRamHeader? MappedRam { get; init; }
}
