using System.Text;

namespace Savevm.Wire;

/// <summary>Names on the wire: printable ASCII and nothing else.</summary>
internal static class WireText
{
    private const byte FirstPrintable = (byte)' ';
    private const byte LastPrintable = (byte)'~';

    /// <summary>All bytes are printable ASCII.</summary>
    internal static bool IsPrintable(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExceptInRange(FirstPrintable, LastPrintable) < 0;

    /// <summary>Refuses a byte that is not printable ASCII, naming its offset. <paramref name="offset"/> is that of the first byte.</summary>
    internal static void RequirePrintable(ReadOnlySpan<byte> bytes, long offset, string what)
    {
        int bad = bytes.IndexOfAnyExceptInRange(FirstPrintable, LastPrintable);
        if (bad >= 0)
            throw new WireException(offset + bad, $"byte 0x{bytes[bad]:x2} in {what}");
    }

    /// <summary>
    /// Reads a counted string of at least one printable byte at <paramref name="position"/> of the window. False: window too short.
    /// Defects in the visible part are reported even then.
    /// </summary>
    internal static bool TryReadName(ReadOnlySpan<byte> window, long offset, int position, string what, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (position >= window.Length)
            return false;
        int length = window[position];
        if (length == 0)
            throw new WireException(offset + position, $"{what} of length 0");
        ReadOnlySpan<byte> rest = window[(position + 1)..];
        ReadOnlySpan<byte> visible = rest[..Math.Min(length, rest.Length)];
        RequirePrintable(visible, offset + position + 1, what);
        if (visible.Length < length)
            return false;
        name = visible;
        return true;
    }

    /// <summary>The text of a name that was checked.</summary>
    internal static string ToText(ReadOnlySpan<byte> name) => Encoding.ASCII.GetString(name);

    /// <summary>The bytes of a name of our own making; a name that cannot travel is the caller's mistake.</summary>
    internal static byte[] ToBytes(string name, int maxBytes, string parameter)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        if (bytes.Length is 0 || bytes.Length > maxBytes || !IsPrintable(bytes))
            throw new ArgumentException($"'{name}' is not 1 to {maxBytes} bytes of printable ASCII.", parameter);
        return bytes;
    }
}
