using System.Globalization;

namespace Savevm.Cli.Values;

/// <summary>A number and what stands behind it.</summary>
internal static class Quantity
{
    // Longer numbers are typing errors; the limit also keeps decimal far from its own.
    private const int LongestNumber = 24;

    /// <summary>Splits <c>1.5GiB</c> into 1.5 and <c>GiB</c>. No signs, no exponents, no spaces but one before the unit.</summary>
    public static bool TrySplit(string text, out decimal number, out string unit)
    {
        int digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.'))
        {
            digits++;
        }

        int start = digits < text.Length && text[digits] == ' ' ? digits + 1 : digits;
        unit = text[start..];
        number = 0;
        return digits is > 0 and <= LongestNumber
            && text[0] != '.'
            && text[digits - 1] != '.'
            && !(unit.Length == 0 && start != digits)
            && decimal.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
    }
}
