using Savevm.Wire.Ram;

namespace Savevm.Wire.Iterable;

/// <summary>
/// Follows the chunks of a stream: completes names that were left out, and refuses chunks that concern no bitmap. One tracker
/// serves one stream; not for several threads at once.
/// </summary>
public sealed class DirtyBitmapTracker
{
    private const byte EnabledFlag = 0x01;
    private const byte PersistentFlag = 0x02;
    private const uint SectorBytes = 512;

    private readonly List<MigratedBitmap> _bitmaps = [];
    private string? _node;
    private string? _name;
    private MigratedBitmap? _current;

    /// <summary>The bitmaps in the order in which they began.</summary>
    public IReadOnlyList<MigratedBitmap> Bitmaps => _bitmaps;

    /// <summary>Takes the next chunk.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="offset">Its offset in the stream.</param>
    /// <returns>The bitmap it concerns; null for a chunk that only ends a body.</returns>
    /// <exception cref="WireException">A bitmap that did not begin, that began twice, or that is complete already; bits that are none.</exception>
    public MigratedBitmap? Accept(scoped in DirtyBitmapChunk chunk, long offset)
    {
        if (!chunk.NodeName.IsEmpty)
            _node = WireText.ToText(chunk.NodeName);
        if (!chunk.BitmapName.IsEmpty)
            _name = WireText.ToText(chunk.BitmapName);
        if (!chunk.NodeName.IsEmpty || !chunk.BitmapName.IsEmpty)
            _current = _bitmaps.Find(bitmap => bitmap.NodeName == _node && bitmap.Name == _name);
        if ((chunk.Flags & DirtyBitmapFlags.Start) != 0)
            return _current = Begin(chunk, offset);
        if ((chunk.Flags & (DirtyBitmapFlags.Bits | DirtyBitmapFlags.Complete)) == 0)
            return null;
        if (_current is null || _current.IsComplete)
            throw new WireException(offset, $"chunk of dirty bitmap '{_node}' '{_name}', which {(_current is null ? "did not begin" : "is complete")}");
        if ((chunk.Flags & DirtyBitmapFlags.Complete) != 0)
            _current.IsComplete = true;
        else
            Count(_current, chunk, offset);
        return _current;
    }

    private MigratedBitmap Begin(scoped in DirtyBitmapChunk chunk, long offset)
    {
        if (_node is null || _name is null)
            throw new WireException(offset, "a dirty bitmap begins without name");
        if (_current is not null)
            throw new WireException(offset, $"dirty bitmap '{_node}' '{_name}' begins twice");
        if (_bitmaps.Count == WireLimits.MaxDirtyBitmaps)
            throw new WireException(offset, $"more than {WireLimits.MaxDirtyBitmaps} dirty bitmaps");
        var bitmap = new MigratedBitmap(
            _node,
            _name,
            chunk.Granularity,
            (chunk.BitmapFlags & EnabledFlag) != 0,
            (chunk.BitmapFlags & PersistentFlag) != 0);
        _bitmaps.Add(bitmap);
        return bitmap;
    }

    private static void Count(MigratedBitmap bitmap, scoped in DirtyBitmapChunk chunk, long offset)
    {
        ulong bytes = (ulong)chunk.SectorCount * SectorBytes;
        long granules = (long)((bytes + bitmap.Granularity - 1) / bitmap.Granularity);
        if ((chunk.Flags & DirtyBitmapFlags.Zeroes) == 0)
        {
            if (granules > (long)chunk.Bits.Length * 8)
                throw new WireException(offset, $"{granules} granules in {chunk.Bits.Length} bytes of a dirty bitmap");
            bitmap.DirtyGranules += PageBits.CountSet(chunk.Bits, granules);
        }
        bitmap.Sectors += chunk.SectorCount;
    }
}
