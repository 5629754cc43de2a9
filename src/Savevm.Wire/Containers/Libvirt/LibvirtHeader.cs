using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Savevm.Wire.Containers.Libvirt;

/// <summary>The header of a libvirt save image.</summary>
/// <remarks>
/// <code>
///  0 | magic "LibvirtQemudSave", while it is written "LibvirtQemudPart" |
/// 16 | version | data bytes | was running | format | cookie offset | 14 x 0 |      u32 each, in the writer's byte order
/// 92 | domain XML, 0, [cookie XML, 0,] zeros |                                     data bytes
///    | payload |
/// </code>
/// </remarks>
/// <param name="DataBytes">Bytes of the area for domain XML and cookie.</param>
/// <param name="Format">What the payload is. Version 1 knows only <see cref="LibvirtFormat.Raw"/>.</param>
/// <param name="WasRunning">The guest ran when it was saved, and shall run again.</param>
/// <param name="CookieOffset">Offset of the cookie in the area; 0 without cookie.</param>
public sealed record LibvirtHeader(int DataBytes, LibvirtFormat Format, bool WasRunning, int CookieOffset)
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderBytes = 92;

    /// <summary>Zeros that libvirt leaves behind the XML, so that it can be edited later.</summary>
    public const int SpareBytes = 64 << 10;

    private const uint NewestVersion = 2;
    private const int MagicBytes = 16;

    /// <summary>The image is whole; false where its writing was not finished.</summary>
    public bool IsComplete { get; init; } = true;

    /// <summary>Version of the header, 1 or 2.</summary>
    public uint Version { get; init; } = NewestVersion;

    /// <summary>The writer's byte order is big-endian.</summary>
    public bool IsBigEndian { get; init; }

    /// <summary>Position of the payload in the file.</summary>
    public long PayloadPosition => HeaderBytes + (long)DataBytes;

    private static ReadOnlySpan<byte> CompleteMagic => "LibvirtQemudSave"u8;

    private static ReadOnlySpan<byte> PartialMagic => "LibvirtQemudPart"u8;

    /// <summary>A header for an image of our own, with libvirt's spare room.</summary>
    /// <param name="xml">The domain XML.</param>
    /// <param name="cookie">The cookie; empty for none.</param>
    /// <param name="format">What the payload will be.</param>
    /// <param name="wasRunning">The guest shall run again.</param>
    /// <exception cref="ArgumentException">The texts are too long, or hold a zero byte.</exception>
    public static LibvirtHeader Create(ReadOnlySpan<byte> xml, ReadOnlySpan<byte> cookie, LibvirtFormat format, bool wasRunning)
    {
        if (xml.IsEmpty || xml.Contains((byte)0) || cookie.Contains((byte)0))
            throw new ArgumentException("A text that cannot be stored.", nameof(xml));
        long text = xml.Length + 1L + (cookie.IsEmpty ? 0 : cookie.Length + 1L);
        if (text + SpareBytes > WireLimits.MaxLibvirtDataBytes)
            throw new ArgumentException($"Texts of {text} bytes.", nameof(xml));
        return new LibvirtHeader((int)text + SpareBytes, format, wasRunning, cookie.IsEmpty ? 0 : xml.Length + 1);
    }

    /// <summary>Reads the header.</summary>
    /// <param name="window">Bytes from the beginning of the file.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">Another magic, version or format, or lengths that cannot be.</exception>
    public static bool TryRead(ReadOnlySpan<byte> window, [NotNullWhen(true)] out LibvirtHeader? header)
    {
        header = null;
        ReadOnlySpan<byte> magic = window[..Math.Min(MagicBytes, window.Length)];
        if (!CompleteMagic.StartsWith(magic) && !PartialMagic.StartsWith(magic))
            throw new WireException(0, "not a libvirt save image");
        if (window.Length < HeaderBytes)
            return false;
        bool isComplete = magic.SequenceEqual(CompleteMagic);

        // As libvirt does: a version that is too large may be one of the other byte order.
        bool isBigEndian = BinaryPrimitives.ReadUInt32LittleEndian(window[MagicBytes..]) > NewestVersion;
        uint version = ReadField(window, 0, isBigEndian);
        if (version is 0 or > NewestVersion)
            throw new WireException(MagicBytes, $"libvirt save image of version {version}");
        uint data = ReadField(window, 1, isBigEndian);
        if (data is 0 or > WireLimits.MaxLibvirtDataBytes)
            throw new WireException(MagicBytes + 4, $"{data} bytes of domain XML");
        uint format = ReadField(window, 3, isBigEndian);
        if (format > (uint)LibvirtFormat.Sparse)
            throw new WireException(MagicBytes + 12, $"unknown format {format} of a libvirt save image");
        uint cookie = ReadField(window, 4, isBigEndian);
        if (cookie >= data)
            throw new WireException(MagicBytes + 16, $"cookie at {cookie} of {data} bytes");
        header = new LibvirtHeader((int)data, (LibvirtFormat)format, ReadField(window, 2, isBigEndian) != 0, (int)cookie)
        {
            IsComplete = isComplete,
            Version = version,
            IsBigEndian = isBigEndian,
        };
        return true;
    }

    /// <summary>Writes the header, in the byte order that it was read in.</summary>
    public void Write(WireWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteBytes(IsComplete ? CompleteMagic : PartialMagic);
        foreach (uint field in (ReadOnlySpan<uint>)[Version, (uint)DataBytes, WasRunning ? 1u : 0u, (uint)Format, (uint)CookieOffset])
            writer.WriteUInt32(IsBigEndian ? field : BinaryPrimitives.ReverseEndianness(field));
        writer.WriteBytes(stackalloc byte[HeaderBytes - MagicBytes - (5 * sizeof(uint))]);
    }

    /// <summary>Cuts domain XML and cookie out of the area behind the header.</summary>
    /// <param name="area">The <see cref="DataBytes"/> bytes of the area.</param>
    /// <param name="xml">The domain XML, without its zero byte.</param>
    /// <param name="cookie">The cookie; empty without one.</param>
    /// <exception cref="WireException">A text without end.</exception>
    public void Split(ReadOnlySpan<byte> area, out ReadOnlySpan<byte> xml, out ReadOnlySpan<byte> cookie)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(area.Length, DataBytes, nameof(area));
        xml = CutText(CookieOffset == 0 ? area : area[..CookieOffset], 0);
        cookie = CookieOffset == 0 ? default : CutText(area[CookieOffset..], CookieOffset);
    }

    private static ReadOnlySpan<byte> CutText(ReadOnlySpan<byte> area, int at)
    {
        int end = area.IndexOf((byte)0);
        return end >= 0 ? area[..end] : throw new WireException(HeaderBytes + at, "XML without end");
    }

    private static uint ReadField(ReadOnlySpan<byte> window, int index, bool isBigEndian)
    {
        ReadOnlySpan<byte> field = window[(MagicBytes + (index * sizeof(uint)))..];
        return isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(field) : BinaryPrimitives.ReadUInt32LittleEndian(field);
    }
}
