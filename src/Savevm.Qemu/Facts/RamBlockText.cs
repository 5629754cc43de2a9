using System.Globalization;
using System.Text.RegularExpressions;

namespace Savevm.Qemu.Facts;

/// <summary>Reads what <c>info ramblock</c> prints: one line a block; later releases have more columns behind those that are read.</summary>
internal static partial class RamBlockText
{
    private const int MaximumCount = 4096;

    public static IReadOnlyList<RamBlockFact> Parse(string text) =>
    [
        .. Line().Matches(text).Take(MaximumCount).Select(match => new RamBlockFact(
            match.Groups["name"].Value,
            PageBytes(match.Groups["page"].Value, match.Groups["unit"].Value),
            Hex(match.Groups["used"].ValueSpan),
            Hex(match.Groups["total"].ValueSpan))),
    ];

    private static long PageBytes(string number, string unit) =>
        long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            ? unit switch { "K" => count << 10, "M" => count << 20, "G" => count << 30, _ => count }
            : 0;

    private static long Hex(ReadOnlySpan<char> digits) => long.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"^ *(?<name>\S.*?) +(?<page>\d{1,9}) (?<unit>[KMG]?)i?B  0x[0-9a-f]{16} 0x(?<used>[0-7][0-9a-f]{15}) 0x(?<total>[0-7][0-9a-f]{15})",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Line();
}
