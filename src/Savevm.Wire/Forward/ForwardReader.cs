using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Savevm.Wire.Forward;

/// <summary>
/// Reads the elements of the main stream. Each method looks at a window that begins with the element and returns false
/// when the window is too short: read more and call again with the longer window. A defect is reported as soon as it is
/// visible, with its offset in the stream. Nothing is kept between calls; any thread may call.
/// </summary>
public static class ForwardReader
{
    private const uint ObsoleteVersion = 2;
    private const int HeaderBytes = 8;
    private const int FooterBytes = 5;
    private const int CommandHeaderBytes = 5;
    private const int DescriptionHeaderBytes = 5;
    private const int IdBytes = 5;

    internal const uint Version = 3;

    internal static ReadOnlySpan<byte> Magic => "QEVM"u8;

    /// <summary>Reads the header: magic <c>QEVM</c>, version 3.</summary>
    /// <param name="window">Bytes from the start of the stream.</param>
    /// <param name="offset">Offset of the window in the stream.</param>
    /// <param name="consumed">Bytes of the header.</param>
    /// <exception cref="WireException">Another magic or version.</exception>
    public static bool TryReadHeader(ReadOnlySpan<byte> window, long offset, out int consumed)
    {
        consumed = 0;
        int visible = Math.Min(window.Length, Magic.Length);
        if (!window[..visible].SequenceEqual(Magic[..visible]))
            throw new WireException(offset, "not a QEMU migration stream: the magic is not QEVM");
        if (window.Length < HeaderBytes)
            return false;
        uint version = BinaryPrimitives.ReadUInt32BigEndian(window[Magic.Length..]);
        if (version != Version)
        {
            string kind = version == ObsoleteVersion ? "obsolete" : "unknown";
            throw new WireException(offset + Magic.Length, $"{kind} stream version {version}, expected {Version}");
        }
        consumed = HeaderBytes;
        return true;
    }

    /// <summary>
    /// Reads the configuration section, subsections included. It has no end mark: one byte behind it must be visible.
    /// </summary>
    /// <param name="window">Bytes from the type byte 0x07 on.</param>
    /// <param name="offset">Offset of the window in the stream.</param>
    /// <param name="record">The configuration.</param>
    /// <param name="consumed">Bytes of the section.</param>
    /// <exception cref="WireException">A name or subsection that the format does not know.</exception>
    public static bool TryReadConfiguration(
        ReadOnlySpan<byte> window, long offset, [NotNullWhen(true)] out ConfigurationRecord? record, out int consumed) =>
        ConfigurationReader.TryRead(window, offset, out record, out consumed);

    /// <summary>Reads the head of a START, PART, END or FULL section.</summary>
    /// <param name="window">Bytes from the type byte on.</param>
    /// <param name="offset">Offset of the window in the stream.</param>
    /// <param name="header">The head. A PART or END allocates nothing.</param>
    /// <param name="consumed">Bytes of the head.</param>
    /// <exception cref="WireException">Another type, or a name that is not printable ASCII.</exception>
    public static bool TryReadSectionHeader(ReadOnlySpan<byte> window, long offset, out SectionHeader header, out int consumed)
    {
        header = default;
        consumed = 0;
        if (window.IsEmpty)
            return false;
        var type = (SectionType)window[0];
        if (type is not (SectionType.Start or SectionType.Part or SectionType.End or SectionType.Full))
            throw new WireException(offset, $"section type 0x{window[0]:x2} where a section of a device was expected");
        if (window.Length < IdBytes)
            return false;
        uint id = BinaryPrimitives.ReadUInt32BigEndian(window[1..]);
        if (type is SectionType.Part or SectionType.End)
        {
            header = new SectionHeader(type, id, null, 0, 0);
            consumed = IdBytes;
            return true;
        }
        if (!WireText.TryReadName(window, offset, IdBytes, "section idstr", out ReadOnlySpan<byte> idStr))
            return false;
        var reader = new WireReader(window, offset);
        reader.TryReadBytes(IdBytes + 1 + idStr.Length, out _);
        if (!reader.TryReadUInt32(out uint instance) || !reader.TryReadUInt32(out uint version))
            return false;
        header = new SectionHeader(type, id, WireText.ToText(idStr), instance, version);
        consumed = reader.Position;
        return true;
    }

    /// <summary>Reads the footer of a section.</summary>
    /// <param name="window">Bytes from the mark 0x7e on.</param>
    /// <param name="offset">Offset of the window in the stream.</param>
    /// <param name="expectedId">Id of the section that ends here.</param>
    /// <param name="consumed">Bytes of the footer.</param>
    /// <exception cref="WireException">Another mark or id.</exception>
    public static bool TryReadFooter(ReadOnlySpan<byte> window, long offset, uint expectedId, out int consumed)
    {
        consumed = 0;
        if (window.IsEmpty)
            return false;
        if (window[0] != (byte)SectionType.Footer)
            throw new WireException(offset, $"byte 0x{window[0]:x2} where the footer of section {expectedId} was expected");
        if (window.Length < FooterBytes)
            return false;
        uint id = BinaryPrimitives.ReadUInt32BigEndian(window[1..]);
        if (id != expectedId)
            throw new WireException(offset + 1, $"footer of section {id} where that of section {expectedId} was expected");
        consumed = FooterBytes;
        return true;
    }

    /// <summary>
    /// Tells whether this stream has footers, from the byte behind the first body whose end is known by other means, such as
    /// RAM's: the mark of a footer begins no section.
    /// </summary>
    /// <param name="window">Bytes behind the body.</param>
    /// <param name="offset">Offset of the window in the stream.</param>
    /// <param name="hasFooters">The stream has footers.</param>
    /// <returns>False when the window is empty.</returns>
    /// <exception cref="WireException">Neither a footer nor anything that may follow a section.</exception>
    public static bool TryDetectFooters(ReadOnlySpan<byte> window, long offset, out bool hasFooters)
    {
        hasFooters = false;
        if (window.IsEmpty)
            return false;
        hasFooters = window[0] == (byte)SectionType.Footer;
        if (!hasFooters && SectionTypeTable.Find((SectionType)window[0]) is not { IsTopLevel: true })
            throw new WireException(offset, $"byte 0x{window[0]:x2} where a footer or a section was expected");
        return true;
    }

    /// <summary>Reads a command. The bytes of a packaged stream follow it and are not part of it.</summary>
    /// <param name="window">Bytes from the type byte 0x08 on.</param>
    /// <param name="offset">Offset of the window in the stream.</param>
    /// <param name="record">The command.</param>
    /// <param name="consumed">Bytes of the command.</param>
    /// <exception cref="WireException">
    /// An unknown command, a payload length that is not its own, a packaged stream that is empty or over the limit.
    /// </exception>
    public static bool TryReadCommand(
        ReadOnlySpan<byte> window, long offset, [NotNullWhen(true)] out CommandRecord? record, out int consumed)
    {
        record = null;
        consumed = 0;
        if (window.IsEmpty)
            return false;
        RequireType(window, offset, SectionType.Command, "a command");
        if (window.Length < 3)
            return false;
        var type = (CommandType)BinaryPrimitives.ReadUInt16BigEndian(window[1..]);
        CommandRow row = CommandTable.Find(type) ?? throw new WireException(offset + 1, $"unknown command {(ushort)type}");
        if (window.Length < CommandHeaderBytes)
            return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(window[3..]);
        if (!row.AcceptsLength(length))
            throw new WireException(offset + 3, $"command {row.Name} with {length} bytes of payload");
        if (window.Length - CommandHeaderBytes < length)
            return false;
        ReadOnlySpan<byte> payload = window.Slice(CommandHeaderBytes, length);
        CheckPayload(type, payload, offset + CommandHeaderBytes);
        record = new CommandRecord(type, payload.ToArray());
        consumed = CommandHeaderBytes + length;
        return true;
    }

    /// <summary>Reads the head of the JSON description; its text follows.</summary>
    /// <param name="window">Bytes from the type byte 0x06 on.</param>
    /// <param name="offset">Offset of the window in the stream.</param>
    /// <param name="length">Bytes of text that follow, 0 to <see cref="WireLimits.MaxDescriptionBytes"/>.</param>
    /// <param name="consumed">Bytes of the head.</param>
    /// <exception cref="WireException">Another type, or a length over the limit.</exception>
    public static bool TryReadDescriptionHeader(ReadOnlySpan<byte> window, long offset, out int length, out int consumed)
    {
        length = 0;
        consumed = 0;
        if (window.IsEmpty)
            return false;
        RequireType(window, offset, SectionType.VMDescription, "the description");
        if (window.Length < DescriptionHeaderBytes)
            return false;
        uint announced = BinaryPrimitives.ReadUInt32BigEndian(window[1..]);
        if (announced > WireLimits.MaxDescriptionBytes)
            throw new WireException(offset + 1, $"description of {announced} bytes, the limit is {WireLimits.MaxDescriptionBytes}");
        length = (int)announced;
        consumed = DescriptionHeaderBytes;
        return true;
    }

    internal static void RequireType(ReadOnlySpan<byte> window, long offset, SectionType expected, string what)
    {
        if (window[0] != (byte)expected)
            throw new WireException(offset, $"section type 0x{window[0]:x2} where {what} was expected");
    }

    private static void CheckPayload(CommandType type, ReadOnlySpan<byte> payload, long offset)
    {
        if (type == CommandType.Packaged)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(payload);
            if (length is 0 or > WireLimits.MaxPackagedBytes)
                throw new WireException(offset, $"packaged stream of {length} bytes, legal are 1 to {WireLimits.MaxPackagedBytes}");
        }
        else if (type == CommandType.RecvBitmap)
        {
            if (payload[0] != payload.Length - 1)
                throw new WireException(offset, $"block name of {payload[0]} bytes in a payload of {payload.Length}");
            WireText.RequirePrintable(payload[1..], offset + 1, "block name");
        }
    }
}
