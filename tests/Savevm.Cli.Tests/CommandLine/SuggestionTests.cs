using CsCheck;
using Savevm.Cli.CommandLine;

namespace Savevm.Cli.Tests.CommandLine;

public sealed class SuggestionTests
{
    private static readonly string[] Known = ["capture", "resume", "list", "show", "rm", "check", "completion"];

    [Theory]
    [InlineData("captur", "capture")]
    [InlineData("cpature", "capture")]
    [InlineData("lst", "list")]
    [InlineData("comp", "completion")]
    [InlineData("shwo", "show")]
    [InlineData("frobnicate", null)]
    [InlineData("x", null)]
    public void The_nearest_word_is_suggested_when_it_is_near(string word, string? nearest) =>
        Assert.Equal(nearest, Suggestion.Nearest(word, Known));

    [Fact]
    public void Distance_is_symmetric_and_zero_only_between_equals() =>
        Gen.Select(Gen.String[Gen.Char["abc"], 0, 6], Gen.String[Gen.Char["abc"], 0, 6]).Sample((left, right) =>
        {
            Assert.Equal(Suggestion.Distance(left, right), Suggestion.Distance(right, left));
            Assert.Equal(left == right, Suggestion.Distance(left, right) == 0);
            Assert.InRange(Suggestion.Distance(left, right), Math.Abs(left.Length - right.Length), Math.Max(left.Length, right.Length));
        });
}
