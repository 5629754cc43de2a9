using Savevm.Cli.Values;

namespace Savevm.Cli.Tests.Values;

public sealed class ShellTextTests
{
    [Theory]
    [InlineData("-machine", "-machine")]
    [InlineData("", "''")]
    [InlineData("a b", "'a b'")]
    [InlineData("it's", "'it'\\''s'")]
    [InlineData("$HOME", "'$HOME'")]
    public void Words_that_a_shell_would_change_are_quoted(string word, string quoted) => Assert.Equal(quoted, ShellText.Quote(word));
}
