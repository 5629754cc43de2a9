using CsCheck;
using Savevm.Cli.Values;

namespace Savevm.Cli.Tests.Values;

public sealed class DurationTests
{
    [Theory]
    [InlineData("300ms", 0.3)]
    [InlineData("10s", 10)]
    [InlineData("1.5s", 1.5)]
    [InlineData("5min", 300)]
    [InlineData("5m", 300)]
    [InlineData("2h", 7200)]
    [InlineData("1d", 86400)]
    [InlineData("250us", 0.00025)]
    public void A_time_with_its_unit_is_read(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out TimeSpan duration, out string? error), error);
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("300", "write 300ms or 300s")]
    [InlineData("soon", "is not a time")]
    [InlineData("-1s", "is not a time")]
    [InlineData("3weeks", "'weeks' is not a unit of time")]
    [InlineData("9999999d", "longer than a year")]
    [InlineData("0s", "is no time at all")]
    [InlineData("0.00001ms", "is no time at all")]
    public void What_is_no_time_is_refused_with_a_reason(string text, string reason)
    {
        Assert.False(Duration.TryParse(text, out TimeSpan duration, out string? error));
        Assert.Equal(TimeSpan.Zero, duration);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Milliseconds_are_read_as_they_are_written() =>
        Gen.Int[1, 10_000_000].Sample(number =>
            Duration.TryParse($"{number}ms", out TimeSpan duration, out _) && duration == TimeSpan.FromMilliseconds(number));

    [Fact]
    public void Nothing_that_a_user_can_type_throws() =>
        Gen.String.Sample(text => Duration.TryParse(text, out _, out string? error) || error is not null);

    [Theory]
    [InlineData(0.00234, "2.34 ms")]
    [InlineData(0.038, "38 ms")]
    [InlineData(0.9996, "1.0 s")]
    [InlineData(3.42, "3.4 s")]
    [InlineData(59.96, "1 min 0 s")]
    [InlineData(3599.6, "1 h 0 min")]
    [InlineData(125, "2 min 5 s")]
    [InlineData(4200, "1 h 10 min")]
    public void Times_are_printed_for_people(double seconds, string text) =>
        Assert.Equal(text, Duration.Format(TimeSpan.FromSeconds(seconds)));
}
