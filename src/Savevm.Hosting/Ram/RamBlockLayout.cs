namespace Savevm.Hosting.Ram;

/// <summary>What a RAM block shall be.</summary>
/// <param name="IdStr">The name, which both ends of a migration know it by; 1 to 255 bytes of ASCII, unique in its machine.</param>
/// <param name="UsedLength">Bytes in use at first, a multiple of the target page size.</param>
public sealed record RamBlockLayout(string IdStr, long UsedLength)
{
    /// <summary>The most bytes that it can be resized to; address space is reserved for them. As many as are used when nothing is said.</summary>
    public long MaxLength { get; init; } = UsedLength;

    /// <summary>What lies under it.</summary>
    public RamBacking Backing { get; init; } = RamBacking.Anonymous;

    /// <summary>Transparent huge pages where they fit. A tracker breaks those that are written to into small ones.</summary>
    public bool HugePages { get; init; }
}
