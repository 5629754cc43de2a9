using CsCheck;
using Savevm.Cli.Values;

namespace Savevm.Cli.Tests.Values;

public sealed class ByteSizeTests
{
    private static readonly (string Unit, int Power)[] Units =
        [("", 0), ("B", 0), ("KiB", 1), ("K", 1), ("MiB", 2), ("M", 2), ("GiB", 3), ("g", 3), ("tib", 4)];

    [Theory]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("4GiB", 4L << 30)]
    [InlineData("1.5KiB", 1536)]
    [InlineData("4G", 4L << 30)]
    [InlineData("17", 17)]
    [InlineData("2 MiB", 2L << 20)]
    [InlineData("0", 0)]
    [InlineData("7EiB", 7L << 60)]
    public void A_size_in_binary_units_is_read(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out long read, out string? error), error);
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("", "is not a size")]
    [InlineData("MiB", "is not a size")]
    [InlineData("-1MiB", "is not a size")]
    [InlineData("1e3", "'e3' is not a unit of size")]
    [InlineData("1..5MiB", "is not a size")]
    [InlineData("1.MiB", "is not a size")]
    [InlineData(".5MiB", "is not a size")]
    [InlineData("10MB", "write MiB (1024) instead of MB")]
    [InlineData("10kb", "write KiB (1024) instead of kb")]
    [InlineData("5furlong", "'furlong' is not a unit of size")]
    [InlineData("8EiB", "more than 8 EiB")]
    [InlineData("999999999999999999999999EiB", "more than 8 EiB")]
    [InlineData("9999999999999999999999999", "is not a size")]
    [InlineData("0.3B", "not a whole number of bytes")]
    public void What_is_no_size_is_refused_with_a_reason(string text, string reason)
    {
        Assert.False(ByteSize.TryParse(text, out long bytes, out string? error));
        Assert.Equal(0, bytes);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_number_of_units_is_that_many_bytes() =>
        Gen.Select(Gen.Long[0, 8191], Gen.Int[0, Units.Length - 1]).Sample((number, unit) =>
        {
            (string name, int power) = Units[unit];
            Assert.True(ByteSize.TryParse($"{number}{name}", out long bytes, out _));
            Assert.Equal(number << (10 * power), bytes);
        });

    [Fact]
    public void What_is_printed_is_read_back_within_its_three_digits() =>
        Gen.Long[0, long.MaxValue / 2].Sample(bytes =>
        {
            Assert.True(TryParseRounded(ByteSize.Format(bytes), out double read));
            Assert.InRange(read, bytes * 0.994, bytes * 1.006);
        });

    [Fact]
    public void Nothing_that_a_user_can_type_throws() =>
        Gen.String.Sample(text => ByteSize.TryParse(text, out _, out string? error) || error is not null);

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.00 KiB")]
    [InlineData(1536L << 20, "1.50 GiB")]
    [InlineData(1023L << 20, "1.00 GiB")]
    [InlineData(641_000_000, "611 MiB")]
    public void Sizes_are_printed_in_binary_units(long bytes, string text) => Assert.Equal(text, ByteSize.Format(bytes));

    // Parsed here on its own: the parser under test refuses fractions of a byte, which rounding makes.
    private static bool TryParseRounded(string text, out double bytes)
    {
        string[] parts = text.Split(' ');
        int power = Array.IndexOf(["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"], parts[1]);
        bytes = double.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture) * Math.Pow(1024, power);
        return power >= 0;
    }
}
