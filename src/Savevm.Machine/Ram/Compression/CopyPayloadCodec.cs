using Savevm.Wire;

namespace Savevm.Machine.Ram.Compression;

/// <summary>
/// The compression that is none. It exists so that nobody has to ask; a reader that can use the payload where it lies saves the copy.
/// </summary>
public sealed class CopyPayloadCodec : IPayloadDecoder, IPayloadEncoder
{
    /// <inheritdoc/>
    public void Decode(ReadOnlySpan<byte> payload, long offset, Span<byte> pages)
    {
        if (payload.Length != pages.Length)
            throw new WireException(offset, $"payload of {payload.Length} bytes for pages of {pages.Length}");
        payload.CopyTo(pages);
    }

    /// <inheritdoc/>
    public int Encode(ReadOnlySpan<byte> pages, Span<byte> destination)
    {
        pages.CopyTo(destination);
        return pages.Length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
