using System.Buffers;
using Savevm.Wire;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Savevm.Machine.Ram.Compression;

/// <summary>
/// Unpacks zstd payloads: one frame for the whole channel, flushed at the end of every packet and never ended.
/// </summary>
public sealed class ZstdPayloadDecoder : IPayloadDecoder
{
    // 32 MiB: what the highest level that QEMU takes (20) may use. A frame that asks for more is refused before memory is reserved.
    private const int MaxWindowBits = 25;

    private readonly Decompressor decompressor = new();

    /// <summary>Makes a decoder for one channel.</summary>
    public ZstdPayloadDecoder() => decompressor.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxWindowBits);

    /// <inheritdoc/>
    public void Decode(ReadOnlySpan<byte> payload, long offset, Span<byte> pages)
    {
        var filled = 0;
        Span<byte> surplus = stackalloc byte[1];
        while (true)
        {
            var target = filled < pages.Length ? pages[filled..] : surplus;
            int consumed;
            int written;
            try
            {
                var status = decompressor.UnwrapStream(payload, target, out consumed, out written);
                if (status == OperationStatus.InvalidData) throw new WireException(offset, "payload is not zstd's");
            }
            catch (ZstdException e)
            {
                throw new WireException(offset, $"payload is not zstd's: {e.Message}");
            }
            if (written > 0 && filled == pages.Length) throw new WireException(offset, $"payload of more than {pages.Length} bytes of pages");
            payload = payload[consumed..];
            offset += consumed;
            filled += written;
            if (consumed == 0 && written == 0) break;
        }
        if (!payload.IsEmpty || filled < pages.Length)
            throw new WireException(offset, $"payload of {filled} of {pages.Length} bytes of pages");
    }

    /// <inheritdoc/>
    public void Dispose() => decompressor.Dispose();
}
