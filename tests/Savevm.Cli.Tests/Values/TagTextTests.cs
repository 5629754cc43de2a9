using Savevm.Cli.CommandLine;
using Savevm.Cli.Values;

namespace Savevm.Cli.Tests.Values;

public sealed class TagTextTests
{
    [Fact]
    public void A_tag_ends_its_key_at_the_first_equals_sign()
    {
        Dictionary<string, string> tags = TagText.Parse("--tag", ["a=b=c", "empty=", "a=last"]);
        Assert.Equal(new Dictionary<string, string> { ["a"] = "last", ["empty"] = "" }, tags);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("=b")]
    public void A_tag_without_key_or_equals_sign_is_refused(string word) =>
        Assert.Equal("--tag", Assert.Throws<UsageException>(() => TagText.Parse("--tag", [word])).What);
}
