using System.Buffers.Binary;

namespace Savevm.Wire.ReturnPath;

/// <summary>
/// Reads the messages that a destination sends back: be16 type, be16 length, payload. No allocation; nothing is kept
/// between calls; any thread may call.
/// </summary>
public static class ReturnMessageReader
{
    internal const int HeaderBytes = 4;
    internal const uint ResumeAckValue = 1;
    internal const ulong BitmapEndMark = 0x0123456789abcdef;

    private const uint PageMask = 0xfff;
    private const int LengthOffset = 2;

    /// <summary>Reads the next message.</summary>
    /// <param name="window">Bytes from the message on.</param>
    /// <param name="offset">Offset of the window in the return path.</param>
    /// <param name="message">The message; its name points into <paramref name="window"/>.</param>
    /// <param name="consumed">Bytes of the message. The bitmap behind RECV_BITMAP is not counted.</param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">
    /// An unknown message, a length that is not its own, a request that is no range of pages, a name that is not printable.
    /// </exception>
    public static bool TryRead(ReadOnlySpan<byte> window, long offset, out ReturnMessage message, out int consumed)
    {
        message = default;
        consumed = 0;
        if (!BinaryPrimitives.TryReadUInt16BigEndian(window, out ushort number))
            return false;
        var type = (ReturnMessageType)number;
        ReturnMessageRow row = ReturnMessageTable.Find(type)
            ?? throw new WireException(offset, $"unknown return path message {number}");
        if (window.Length < HeaderBytes)
            return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(window[LengthOffset..]);
        if (length < row.MinLength || length > row.MaxLength)
            throw new WireException(offset + LengthOffset, $"return path message {row.Name} with {length} bytes of payload");
        if (window.Length - HeaderBytes < length)
            return false;
        message = ReadPayload(type, window.Slice(HeaderBytes, length), offset + HeaderBytes);
        consumed = HeaderBytes + length;
        return true;
    }

    /// <summary>Reads the bitmap that follows RECV_BITMAP: be64 size, the bits, an end mark.</summary>
    /// <param name="window">Bytes from the size on.</param>
    /// <param name="offset">Offset of the window in the return path.</param>
    /// <param name="pageCount">Target pages in the block.</param>
    /// <param name="bitmap">The bits, in the window: bit <c>p % 8</c> of byte <c>p / 8</c> tells that page p was received.</param>
    /// <param name="consumed">Bytes of size, bits and end mark.</param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">Another size than the block's, or no end mark.</exception>
    public static bool TryReadReceivedBitmap(
        ReadOnlySpan<byte> window, long offset, long pageCount, out ReadOnlySpan<byte> bitmap, out int consumed)
    {
        bitmap = default;
        consumed = 0;
        long expected = GetReceivedBitmapBytes(pageCount);
        if (!BinaryPrimitives.TryReadUInt64BigEndian(window, out ulong size))
            return false;
        if (size != (ulong)expected)
            throw new WireException(offset, $"received bitmap of {size} bytes, the block's has {expected}");
        ReadOnlySpan<byte> rest = window[sizeof(ulong)..];
        if (rest.Length - sizeof(ulong) < expected)
            return false;
        int bytes = (int)expected;
        ulong mark = BinaryPrimitives.ReadUInt64BigEndian(rest[bytes..]);
        if (mark != BitmapEndMark)
            throw new WireException(offset + sizeof(ulong) + bytes, $"0x{mark:x16} where the end mark of a bitmap was expected");
        bitmap = rest[..bytes];
        consumed = sizeof(ulong) + bytes + sizeof(ulong);
        return true;
    }

    /// <summary>Bytes of the received bitmap of a block: one bit for each page, rounded up to eight bytes.</summary>
    public static long GetReceivedBitmapBytes(long pageCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pageCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageCount, (long)WireLimits.MaxReceivedBitmapBytes * 8);
        return (pageCount + 63) / 64 * 8;
    }

    private static ReturnMessage ReadPayload(ReturnMessageType type, ReadOnlySpan<byte> payload, long offset)
    {
        switch (type)
        {
            case ReturnMessageType.ReqPages:
            case ReturnMessageType.ReqPagesId:
                return ReadPageRequest(type, payload, offset);
            case ReturnMessageType.RecvBitmap:
                return new ReturnMessage(type, 0, 0, 0, ReadName(payload, offset));
            case ReturnMessageType.SwitchoverAck:
                return new ReturnMessage(type, 0, 0, 0, default);
            default:
                uint value = BinaryPrimitives.ReadUInt32BigEndian(payload);
                if (type == ReturnMessageType.ResumeAck && value != ResumeAckValue)
                    throw new WireException(offset, $"RESUME_ACK with value {value}");
                return new ReturnMessage(type, value, 0, 0, default);
        }
    }

    private static ReturnMessage ReadPageRequest(ReturnMessageType type, ReadOnlySpan<byte> payload, long offset)
    {
        ulong start = BinaryPrimitives.ReadUInt64BigEndian(payload);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(payload[sizeof(ulong)..]);
        if ((start & PageMask) != 0 || start >= WireLimits.MaxRamBytes)
            throw new WireException(offset, $"request of pages at 0x{start:x}");
        if ((length & PageMask) != 0 || length == 0 || length > WireLimits.MaxPageSize)
            throw new WireException(offset + sizeof(ulong), $"request of {length} bytes of pages");
        ReadOnlySpan<byte> name = type == ReturnMessageType.ReqPagesId
            ? ReadName(payload[ReturnMessageTable.ReqPagesBytes..], offset + ReturnMessageTable.ReqPagesBytes)
            : default;
        return new ReturnMessage(type, 0, start, length, name);
    }

    private static ReadOnlySpan<byte> ReadName(ReadOnlySpan<byte> field, long offset)
    {
        if (field[0] != field.Length - 1)
            throw new WireException(offset, $"block name of {field[0]} bytes in a field of {field.Length - 1}");
        ReadOnlySpan<byte> name = field[1..];
        WireText.RequirePrintable(name, offset + 1, "block name");
        return name;
    }
}
