using System.Buffers.Binary;

namespace Savevm.Wire.Ram;

/// <summary>
/// Reads what follows the head of a page record. Data plane: no allocation. Nothing is kept between calls; any thread may call.
/// </summary>
public static class RamPayloadReader
{
    /// <summary>Bytes of the page that a <see cref="RamRecordKind.Page"/> record carries.</summary>
    public const int PageBytes = 4096;

    internal const byte XbzrleEncoding = 0x01;

    private const int XbzrleHeadBytes = 3;
    private const int CompressedHeadBytes = 4;

    /// <summary>Reads the payload of a record of any kind, whole.</summary>
    /// <param name="kind">Kind of the record.</param>
    /// <param name="window">Bytes behind the record's head.</param>
    /// <param name="offset">Offset of the window in the stream.</param>
    /// <param name="payload">
    /// The page, the XBZRLE or zlib bytes, in the window; empty for other kinds. The block list is not a payload.
    /// </param>
    /// <param name="consumed">Bytes of the payload and of its own head.</param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">An encoding or a length that cannot be.</exception>
    public static bool TryRead(
        RamRecordKind kind, ReadOnlySpan<byte> window, long offset, out ReadOnlySpan<byte> payload, out int consumed)
    {
        payload = default;
        consumed = 0;
        if (!TryReadLength(kind, window, offset, out int length, out int headBytes) || window.Length - headBytes < length)
            return false;
        payload = window.Slice(headBytes, length);
        consumed = headBytes + length;
        return true;
    }

    /// <summary>Reads how long the payload of a record is.</summary>
    /// <param name="kind">Kind of the record.</param>
    /// <param name="window">Bytes behind the record's head.</param>
    /// <param name="offset">Offset of the window in the stream.</param>
    /// <param name="length">Bytes of the page, of its XBZRLE or its zlib form; 0 for other kinds.</param>
    /// <param name="headBytes">Bytes before them.</param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">An encoding or a length that cannot be.</exception>
    public static bool TryReadLength(RamRecordKind kind, ReadOnlySpan<byte> window, long offset, out int length, out int headBytes)
    {
        length = 0;
        headBytes = 0;
        switch (kind)
        {
            case RamRecordKind.Page:
                length = PageBytes;
                return true;
            case RamRecordKind.Xbzrle:
                return TryReadXbzrleLength(window, offset, out length, out headBytes);
            case RamRecordKind.CompressedPage:
                return TryReadCompressedLength(window, offset, out length, out headBytes);
            default:
                return true;
        }
    }

    private static bool TryReadXbzrleLength(ReadOnlySpan<byte> window, long offset, out int length, out int headBytes)
    {
        length = 0;
        headBytes = 0;
        if (window.IsEmpty)
            return false;
        if (window[0] != XbzrleEncoding)
            throw new WireException(offset, $"XBZRLE page with encoding {window[0]}");
        if (window.Length < XbzrleHeadBytes)
            return false;
        length = BinaryPrimitives.ReadUInt16BigEndian(window[1..]);
        if (length > PageBytes)
            throw new WireException(offset + 1, $"XBZRLE page of {length} bytes");
        headBytes = XbzrleHeadBytes;
        return true;
    }

    private static bool TryReadCompressedLength(ReadOnlySpan<byte> window, long offset, out int length, out int headBytes)
    {
        length = 0;
        headBytes = 0;
        if (window.Length < CompressedHeadBytes)
            return false;
        uint announced = BinaryPrimitives.ReadUInt32BigEndian(window);
        if (announced is 0 or > WireLimits.MaxEncodedPageBytes)
            throw new WireException(offset, $"compressed page of {announced} bytes, legal are 1 to {WireLimits.MaxEncodedPageBytes}");
        length = (int)announced;
        headBytes = CompressedHeadBytes;
        return true;
    }
}
