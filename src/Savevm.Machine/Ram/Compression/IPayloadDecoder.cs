using Savevm.Wire;

namespace Savevm.Machine.Ram.Compression;

/// <summary>
/// Unpacks the payloads of one multifd channel. They are pieces of one stream that lasts as long as the channel: every packet must pass
/// through, in order. Data plane: no allocation per packet; belongs to one thread.
/// </summary>
public interface IPayloadDecoder : IDisposable
{
    /// <summary>Unpacks one packet.</summary>
    /// <param name="payload">The packet's payload.</param>
    /// <param name="offset">Its offset in the channel.</param>
    /// <param name="pages">As many bytes as the packet has pages with contents; filled whole.</param>
    /// <exception cref="WireException">The payload yields more or fewer bytes, or is no payload. The decoder is of no further use.</exception>
    void Decode(ReadOnlySpan<byte> payload, long offset, Span<byte> pages);
}
