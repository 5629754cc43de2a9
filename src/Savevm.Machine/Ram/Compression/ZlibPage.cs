using System.IO.Compression;
using Savevm.Wire;

namespace Savevm.Machine.Ram.Compression;

/// <summary>
/// Unpacks and packs the pages of the capability <c>compress</c> (QEMU up to 9.0): each is a zlib stream of its own. A stream costs an
/// allocation for each page, which is borne for the sake of files that no newer QEMU reads.
/// </summary>
public static class ZlibPage
{
    /// <summary>Unpacks one page.</summary>
    /// <param name="payload">The whole zlib stream.</param>
    /// <param name="offset">Its offset in the migration stream.</param>
    /// <param name="page">The page; filled whole.</param>
    /// <exception cref="WireException">The stream yields more or fewer bytes, or is none.</exception>
    public static unsafe void Decode(ReadOnlySpan<byte> payload, long offset, Span<byte> page)
    {
        fixed (byte* start = payload)
        {
            using var feed = new PayloadFeed();
            feed.Begin(start, payload.Length);
            try
            {
                using var stream = new ZLibStream(feed, CompressionMode.Decompress, leaveOpen: true);
                stream.ReadExactly(page);
                Span<byte> surplus = stackalloc byte[1];
                if (stream.Read(surplus) != 0) throw new WireException(offset, $"compressed page of more than {page.Length} bytes");
            }
            catch (Exception e) when (e is PayloadEndException or InvalidDataException or IOException)
            {
                throw new WireException(offset, $"compressed page is not zlib's: {e.Message}");
            }
        }
    }

    /// <summary>Packs one page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="destination">At least <see cref="WireLimits.MaxEncodedPageBytes"/> bytes.</param>
    /// <param name="level">zlib's level, 0 to 9.</param>
    /// <returns>Bytes written; 0 when they do not fit, as happens with noise: such a page is sent whole.</returns>
    public static unsafe int Encode(ReadOnlySpan<byte> page, Span<byte> destination, int level = 1)
    {
        fixed (byte* start = destination)
        {
            using var sink = new PayloadSink();
            sink.Begin(start, destination.Length);
            using (var stream = new ZLibStream(sink, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true)) stream.Write(page);
            return sink.IsTooLong ? 0 : sink.Written;
        }
    }
}
