using System.IO.Compression;
using Savevm.Wire;

namespace Savevm.Machine.Ram.Compression;

/// <summary>
/// Unpacks zlib payloads: one stream for the whole channel, flushed at the end of every packet and never ended.
/// </summary>
public sealed class ZlibPayloadDecoder : IPayloadDecoder
{
    private readonly PayloadFeed feed = new();
    private readonly ZLibStream stream;

    /// <summary>Makes a decoder for one channel.</summary>
    public ZlibPayloadDecoder() => stream = new ZLibStream(feed, CompressionMode.Decompress, leaveOpen: true);

    /// <inheritdoc/>
    public unsafe void Decode(ReadOnlySpan<byte> payload, long offset, Span<byte> pages)
    {
        var filled = 0;
        fixed (byte* start = payload)
        {
            feed.Begin(start, payload.Length);
            try
            {
                while (filled < pages.Length)
                {
                    var count = stream.Read(pages[filled..]);
                    if (count == 0) throw new WireException(offset, "the zlib stream of a multifd channel ends");
                    filled += count;
                }

                // All pages are there; what is left of the payload must say nothing more.
                Span<byte> surplus = stackalloc byte[1];
                if (stream.Read(surplus) != 0) throw new WireException(offset, $"payload of more than {pages.Length} bytes of pages");
                throw new WireException(offset, "the zlib stream of a multifd channel ends");
            }
            catch (PayloadEndException)
            {
                if (filled < pages.Length)
                    throw new WireException(offset + payload.Length, $"payload of {filled} of {pages.Length} bytes of pages");
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                throw new WireException(offset, $"payload is not zlib's: {e.Message}");
            }
            finally
            {
                feed.End();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stream.Dispose();
        feed.Dispose();
    }
}
