namespace Savevm.Wire.Iterable;

/// <summary>What a stream told of one dirty bitmap so far.</summary>
/// <param name="NodeName">Alias of the node.</param>
/// <param name="Name">Alias of the bitmap.</param>
/// <param name="Granularity">Bytes of the disk for each bit.</param>
/// <param name="IsEnabled">It goes on recording at the destination.</param>
/// <param name="IsPersistent">It is stored with its image.</param>
public sealed record MigratedBitmap(string NodeName, string Name, uint Granularity, bool IsEnabled, bool IsPersistent)
{
    /// <summary>Granules told as dirty.</summary>
    public long DirtyGranules { get; internal set; }

    /// <summary>Sectors of 512 bytes that were told of, dirty or clean.</summary>
    public long Sectors { get; internal set; }

    /// <summary>The stream told all of it.</summary>
    public bool IsComplete { get; internal set; }
}
