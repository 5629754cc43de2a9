using System.Globalization;

namespace Savevm.Qemu.CommandLine;

/// <summary>Sizes as QEMU writes them: <c>256</c>, <c>512M</c>, <c>1.5G</c>, <c>0x40000000</c>.</summary>
public static class SizeText
{
    private const string Units = "BKMGTPE";

    /// <summary>The number of bytes, or null where it is no size.</summary>
    /// <param name="text">The size.</param>
    /// <param name="defaultUnit">What a bare number counts, in bytes.</param>
    public static long? Parse(string text, long defaultUnit)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long hex) && hex >= 0
                ? Times(hex, defaultUnit)
                : null;
        }

        long unit = defaultUnit;
        if (text.Length > 0 && Units.IndexOf(char.ToUpperInvariant(text[^1]), StringComparison.Ordinal) is >= 0 and var power)
        {
            unit = 1L << (10 * power);
            text = text[..^1];
        }

        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            ? Times(number, unit)
            : null;
    }

    private static long? Times(decimal number, long unit)
    {
        try
        {
            return decimal.ToInt64(number * unit);
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}
