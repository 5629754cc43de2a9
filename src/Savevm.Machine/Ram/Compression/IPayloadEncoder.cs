namespace Savevm.Machine.Ram.Compression;

/// <summary>
/// Packs the payloads of one multifd channel: pieces of one stream that lasts as long as the channel, each flushed so that a receiver
/// has all of it. Data plane: no allocation per packet; belongs to one thread.
/// </summary>
public interface IPayloadEncoder : IDisposable
{
    /// <summary>Packs one packet.</summary>
    /// <param name="pages">The packet's pages with contents, at least one.</param>
    /// <param name="destination">Where to: <see cref="Wire.WireLimits.MaxMultifdPayloadBytes"/> suffice for the pages of one packet.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The destination is too short. The encoder is of no further use.</exception>
    int Encode(ReadOnlySpan<byte> pages, Span<byte> destination);
}
