namespace Savevm.Migration.Live;

/// <summary>
/// From the second round on pages travel as differences to what was sent before, where that is shorter (QEMU's capability <c>xbzrle</c>). Any
/// destination takes them.
/// </summary>
public sealed record XbzrleOptions
{
    /// <summary>What is remembered of the pages that were sent, in bytes: a power of two, at least a page (<c>xbzrle-cache-size</c>).</summary>
    public long CacheBytes { get; init; } = 64 << 20;
}
