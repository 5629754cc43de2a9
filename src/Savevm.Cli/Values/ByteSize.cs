using System.Globalization;

namespace Savevm.Cli.Values;

/// <summary>Sizes as people write and read them: binary units only, since <c>MB</c> means two things.</summary>
public static class ByteSize
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Reads <c>512MiB</c>, <c>1.5GiB</c>, <c>4G</c> (binary, as qemu-img reads it) or a number of bytes.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="bytes">The number of bytes; 0 when it could not be read.</param>
    /// <param name="error">Why it could not be read; null when it could.</param>
    public static bool TryParse(string text, out long bytes, out string? error)
    {
        bytes = 0;
        if (!Quantity.TrySplit(text, out decimal number, out string unit))
        {
            error = $"'{text}' is not a size; write it like 512MiB";
            return false;
        }

        int power = PowerOf(unit);
        if (power < 0)
        {
            error = unit.Length == 2 && char.ToUpperInvariant(unit[1]) == 'B' && PowerOf(unit[..1]) > 0
                ? $"'{text}' can mean two sizes; write {char.ToUpperInvariant(unit[0])}iB (1024) instead of {unit}"
                : $"'{unit}' is not a unit of size; the units are B, KiB, MiB, GiB, TiB";
            return false;
        }

        decimal scaled;
        try
        {
            scaled = number * (1L << (10 * power));
        }
        catch (OverflowException)
        {
            scaled = decimal.MaxValue;
        }

        if (scaled > long.MaxValue)
        {
            error = $"'{text}' is more than 8 EiB";
            return false;
        }

        if (scaled != decimal.Truncate(scaled))
        {
            error = $"'{text}' is not a whole number of bytes";
            return false;
        }

        bytes = (long)scaled;
        error = null;
        return true;
    }

    /// <summary>Writes three significant digits and a binary unit: <c>1.25 GiB</c>; whole bytes below 1 KiB.</summary>
    public static string Format(long bytes)
    {
        if (bytes is < 1024 and > -1024)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{bytes} B");
        }

        double value = bytes;
        int unit = 0;
        // 999.5 and not 1024: a number of four digits is harder to read than 0.98 of the next unit.
        while (Math.Abs(value) >= 999.5 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string format = Math.Abs(value) < 9.995 ? "0.00" : Math.Abs(value) < 99.95 ? "0.0" : "0";
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    private static int PowerOf(string unit)
    {
        if (unit.Length == 0 || unit.Equals("B", StringComparison.OrdinalIgnoreCase))
        {
            return 0;
        }

        for (int power = 1; power < Units.Length; power++)
        {
            if (unit.Equals(Units[power], StringComparison.OrdinalIgnoreCase)
                || (unit.Length == 1 && char.ToUpperInvariant(unit[0]) == Units[power][0]))
            {
                return power;
            }
        }

        return -1;
    }
}
