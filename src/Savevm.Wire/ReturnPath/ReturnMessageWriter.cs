namespace Savevm.Wire.ReturnPath;

/// <summary>Writes the messages that a destination sends back. An argument that cannot travel is the caller's mistake.</summary>
public static class ReturnMessageWriter
{
    private const uint PageMask = 0xfff;

    /// <summary>Writes SHUT, the last message: 0 is success.</summary>
    public static void WriteShut(WireWriter writer, uint value) => WriteValue(writer, ReturnMessageType.Shut, value);

    /// <summary>Writes the answer to a PING.</summary>
    public static void WritePong(WireWriter writer, uint value) => WriteValue(writer, ReturnMessageType.Pong, value);

    /// <summary>Writes a request for pages.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="blockName">The block; null for the one of the request before.</param>
    /// <param name="start">Offset in the block, a multiple of the block's page size.</param>
    /// <param name="length">Bytes, a multiple of the block's page size.</param>
    public static void WritePageRequest(WireWriter writer, string? blockName, ulong start, uint length)
    {
        if ((start & PageMask) != 0 || start >= WireLimits.MaxRamBytes)
            throw new ArgumentOutOfRangeException(nameof(start), start, "Not the offset of a page.");
        if ((length & PageMask) != 0 || length == 0 || length > WireLimits.MaxPageSize)
            throw new ArgumentOutOfRangeException(nameof(length), length, "Not a number of whole pages.");
        byte[] name = blockName is null ? [] : WireText.ToBytes(blockName, WireLimits.MaxIdStrBytes, nameof(blockName));
        ReturnMessageType type = blockName is null ? ReturnMessageType.ReqPages : ReturnMessageType.ReqPagesId;
        int nameField = blockName is null ? 0 : 1 + name.Length;
        WriteHead(writer, type, ReturnMessageTable.ReqPagesBytes + nameField);
        writer.WriteUInt64(start);
        writer.WriteUInt32(length);
        if (blockName is not null)
            writer.WriteCountedString(name);
    }

    /// <summary>Writes RECV_BITMAP and the bitmap behind it. Nothing else may be sent in between.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="blockName">The block.</param>
    /// <param name="pageCount">Target pages in the block.</param>
    /// <param name="bitmap">Bit <c>p % 8</c> of byte <c>p / 8</c> tells that page p was received; padded to eight bytes.</param>
    public static void WriteReceivedBitmap(WireWriter writer, string blockName, long pageCount, ReadOnlySpan<byte> bitmap)
    {
        long expected = ReturnMessageReader.GetReceivedBitmapBytes(pageCount);
        if (bitmap.Length != expected)
            throw new ArgumentException($"A bitmap of {bitmap.Length} bytes for {pageCount} pages.", nameof(bitmap));
        byte[] name = WireText.ToBytes(blockName, WireLimits.MaxIdStrBytes, nameof(blockName));
        WriteHead(writer, ReturnMessageType.RecvBitmap, 1 + name.Length);
        writer.WriteCountedString(name);
        writer.WriteUInt64((ulong)bitmap.Length);
        writer.WriteBytes(bitmap);
        writer.WriteUInt64(ReturnMessageReader.BitmapEndMark);
    }

    /// <summary>Writes RESUME_ACK: ready to go on after a recovery.</summary>
    public static void WriteResumeAck(WireWriter writer) =>
        WriteValue(writer, ReturnMessageType.ResumeAck, ReturnMessageReader.ResumeAckValue);

    /// <summary>Writes SWITCHOVER_ACK. A machine type of 11.1 that did not ask for it takes it as an error.</summary>
    public static void WriteSwitchoverAck(WireWriter writer) => WriteHead(writer, ReturnMessageType.SwitchoverAck, 0);

    private static void WriteValue(WireWriter writer, ReturnMessageType type, uint value)
    {
        WriteHead(writer, type, sizeof(uint));
        writer.WriteUInt32(value);
    }

    private static void WriteHead(WireWriter writer, ReturnMessageType type, int length)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteUInt16((ushort)type);
        writer.WriteUInt16((ushort)length);
    }
}
