using Savevm.Cli.Values;

namespace Savevm.Cli.Tests.Values;

public sealed class ByteRateTests
{
    [Theory]
    [InlineData("10MiB/s", 10L << 20)]
    [InlineData("1GiB", 1L << 30)]
    [InlineData("500K/S", 500L << 10)]
    public void A_rate_is_a_size_per_second(string text, long rate)
    {
        Assert.True(ByteRate.TryParse(text, out long read, out string? error), error);
        Assert.Equal(rate, read);
    }

    [Theory]
    [InlineData("fast", "'fast' is not a rate")]
    [InlineData("/s", "is not a rate")]
    [InlineData("10MiB/min", "is not a unit of size")]
    [InlineData("10MB/s", "write MiB")]
    [InlineData("0MiB/s", "leave the option out")]
    public void What_is_no_rate_is_refused_with_a_reason(string text, string reason)
    {
        Assert.False(ByteRate.TryParse(text, out _, out string? error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }
}
