using System.Buffers;
using ZstdSharp;

namespace Savevm.Machine.Ram.Compression;

/// <summary>Packs zstd payloads: one frame for the whole channel, flushed at the end of every packet and never ended.</summary>
public sealed class ZstdPayloadEncoder : IPayloadEncoder
{
    private readonly Compressor compressor;

    /// <summary>Makes an encoder for one channel.</summary>
    /// <param name="level">zstd's level, 1 to 20.</param>
    public ZstdPayloadEncoder(int level) => compressor = new Compressor(level);

    /// <inheritdoc/>
    public int Encode(ReadOnlySpan<byte> pages, Span<byte> destination)
    {
        var total = 0;
        while (!pages.IsEmpty)
        {
            compressor.WrapStream(pages, destination[total..], out var consumed, out var written, isFinalBlock: false);
            total += written;
            pages = pages[consumed..];
            if (consumed == 0 && written == 0) throw new ArgumentException($"A destination of {destination.Length} bytes is too short.");
        }
        OperationStatus status;
        do
        {
            status = compressor.FlushStream(destination[total..], out var written);
            total += written;
            if (status != OperationStatus.Done && written == 0)
                throw new ArgumentException($"A destination of {destination.Length} bytes is too short.");
        }
        while (status != OperationStatus.Done);
        return total;
    }

    /// <inheritdoc/>
    public void Dispose() => compressor.Dispose();
}
