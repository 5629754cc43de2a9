using System.Buffers.Binary;

namespace Savevm.Wire.Descriptions;

/// <summary>
/// Reads the heads of subsections: byte 0x05, counted name, be32 version. Nothing in the stream announces them; a reader looks
/// ahead after the last field of each structure, as QEMU does, and only bytes that look like one of that structure's own
/// subsections are one.
/// </summary>
public static class SubsectionReader
{
    private const byte Mark = 0x05;

    // Mark, length of the name, be32 version.
    private const int FixedBytes = 6;

    // No description in QEMU comes near it; random bytes do.
    private const uint MaxPlausibleVersion = 0xffff;

    /// <summary>Bytes of a head whose name has this length.</summary>
    public static int HeaderBytes(int nameLength) => FixedBytes + nameLength;

    /// <summary>Looks ahead behind the last field, or behind the last subsection, of a structure.</summary>
    /// <param name="window">Bytes behind what was read.</param>
    /// <param name="parentName">Name of the structure's description.</param>
    /// <param name="endOfInput">Nothing follows the window: a head that it does not hold whole is none.</param>
    /// <param name="header">The head; its name points into <paramref name="window"/>.</param>
    /// <param name="consumed">Bytes of the head.</param>
    public static SubsectionLookAhead LookAhead(
        ReadOnlySpan<byte> window, ReadOnlySpan<byte> parentName, bool endOfInput, out SubsectionHeader header, out int consumed)
    {
        header = default;
        consumed = 0;
        SubsectionLookAhead tooShort = endOfInput ? SubsectionLookAhead.None : SubsectionLookAhead.NeedsMore;
        if (window.IsEmpty)
            return tooShort;
        if (window[0] != Mark)
            return SubsectionLookAhead.None;
        if (window.Length < 2)
            return tooShort;
        int length = window[1];
        if (length < parentName.Length + 1)
            return SubsectionLookAhead.None;
        ReadOnlySpan<byte> rest = window[2..];
        int visible = Math.Min(parentName.Length, rest.Length);
        if (!rest[..visible].SequenceEqual(parentName[..visible]))
            return SubsectionLookAhead.None;
        if (rest.Length < length + sizeof(uint))
            return tooShort;
        header = new SubsectionHeader(rest[..length], BinaryPrimitives.ReadUInt32BigEndian(rest[length..]));
        consumed = HeaderBytes(length);
        return SubsectionLookAhead.Found;
    }

    /// <summary>
    /// Searches a body of unknown structure for what looks like a subsection: for a person to see, not to cut by. A guest may
    /// have written such bytes into a device's buffer.
    /// </summary>
    /// <param name="body">The body, or the rest of it.</param>
    /// <param name="position">Where the head begins.</param>
    /// <param name="header">The head; its name points into <paramref name="body"/>.</param>
    /// <returns>False when there is none.</returns>
    public static bool TryFindNext(ReadOnlySpan<byte> body, out int position, out SubsectionHeader header)
    {
        position = 0;
        while (true)
        {
            int found = body[position..].IndexOf(Mark);
            if (found < 0)
                break;
            position += found;
            if (LookAhead(body[position..], [], endOfInput: true, out header, out _) == SubsectionLookAhead.Found && IsPlausible(header))
                return true;
            position++;
        }
        position = body.Length;
        header = default;
        return false;
    }

    /// <summary>Writes the head of a subsection; its fields must follow.</summary>
    /// <exception cref="ArgumentException">The name is not 1 to 255 bytes of printable ASCII.</exception>
    public static void Write(WireWriter writer, string name, uint version)
    {
        ArgumentNullException.ThrowIfNull(writer);
        byte[] bytes = WireText.ToBytes(name, WireLimits.MaxIdStrBytes, nameof(name));
        writer.WriteByte(Mark);
        writer.WriteCountedString(bytes);
        writer.WriteUInt32(version);
    }

    /// <summary>Names of subsections are those of their parents with a slash and more.</summary>
    private static bool IsPlausible(in SubsectionHeader header)
    {
        int slash = header.Name.LastIndexOf((byte)'/');
        return slash > 0 && slash < header.Name.Length - 1 && WireText.IsPrintable(header.Name)
            && header.Version <= MaxPlausibleVersion;
    }
}
