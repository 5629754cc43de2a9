using System.IO.Compression;

namespace Savevm.Machine.Ram.Compression;

/// <summary>Packs zlib payloads: one stream for the whole channel, flushed at the end of every packet and never ended.</summary>
public sealed class ZlibPayloadEncoder : IPayloadEncoder
{
    private readonly PayloadSink sink = new();
    private readonly ZLibStream stream;

    /// <summary>Makes an encoder for one channel.</summary>
    /// <param name="level">zlib's level, 0 to 9.</param>
    public ZlibPayloadEncoder(int level) =>
        stream = new ZLibStream(sink, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true);

    /// <inheritdoc/>
    public unsafe int Encode(ReadOnlySpan<byte> pages, Span<byte> destination)
    {
        fixed (byte* start = destination)
        {
            sink.Begin(start, destination.Length);
            try
            {
                stream.Write(pages);
                stream.Flush();
                return sink.IsTooLong
                    ? throw new ArgumentException($"A destination of {destination.Length} bytes is too short.", nameof(destination))
                    : sink.Written;
            }
            finally
            {
                sink.End();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stream.Dispose();
        sink.Dispose();
    }
}
