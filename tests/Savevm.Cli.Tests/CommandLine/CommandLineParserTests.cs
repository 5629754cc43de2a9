using Savevm.Cli.CommandLine;

namespace Savevm.Cli.Tests.CommandLine;

public sealed class CommandLineParserTests
{
    public static TheoryData<string, string, string> WrongWords => new()
    {
        { "captur", "there is no command 'captur'", "did you mean savevm capture?" },
        { "frobnicate", "there is no command 'frobnicate'", "savevm --help lists the commands" },
        { "capture", "NAME is missing", "usage: savevm capture NAME [OPTIONS]" },
        { "capture web --qmpp x", "there is no option --qmpp", "did you mean --qmp?" },
        { "capture --qmpp web", "there is no option --qmpp", "did you mean --qmp?" },
        { "capture web --qmpp=x", "there is no option --qmpp", "did you mean --qmp?" },
        { "--jsno list", "there is no option --jsno", "did you mean --json?" },
        { "capture web --qmp", "needs a value", "write --qmp SOCKET" },
        { "capture web --qmp --json", "needs a value", "write --qmp SOCKET" },
        { "capture web --qmp --nothing", "needs a value", "write --qmp SOCKET" },
        { "capture web --qmp a --qmp b", "was given 2 times", "give it once" },
        { "capture web --mode liv", "'liv' is not one of live, background, stop", "did you mean live?" },
        { "completion zhs", "'zhs' is not one of bash, zsh, fish", "did you mean zsh?" },
        { "list web", "does not know what to do with 'web'", "savevm list --help lists the options" },
        { "list -- web", "takes nothing after --", "savevm list --help lists the options" },
        { "resume web -m", "there is no option -m", "savevm resume --help lists the options" },
        { "resume web qemu", "does not know what to do with 'qemu'", "words for QEMU come after --: savevm resume NAME [OPTIONS] [-- QEMU ARGS...]" },
        { "rename web", "NEW-NAME is missing", "usage: savevm rename NAME NEW-NAME [OPTIONS]" },
    };

    [Theory]
    [MemberData(nameof(WrongWords))]
    public void Wrong_words_are_named_with_a_suggestion(string words, string why, string hint)
    {
        UsageException wrong = Assert.Throws<UsageException>(() => CommandLineProgram.Parse(words.Split(' ')));
        Assert.Equal(why, wrong.Why);
        Assert.Equal(hint, wrong.Hint);
    }

    [Fact]
    public void Words_after_two_hyphens_are_left_alone()
    {
        ParsedCommand parsed = CommandLineProgram.Parse(["resume", "web", "--", "qemu-system-x86_64", "-m", "1G", "--json", "--", "-S"]);
        Assert.Equal(["qemu-system-x86_64", "-m", "1G", "--json", "--", "-S"], parsed.Rest);
        Assert.False(parsed.Has(GlobalOptions.Json));
    }

    [Theory]
    [InlineData("--json --repository /r list")]
    [InlineData("list --json --repository /r")]
    [InlineData("--json list --repository=/r")]
    public void Options_of_every_command_may_stand_before_and_behind_it(string words)
    {
        ParsedCommand parsed = CommandLineProgram.Parse(words.Split(' '));
        Assert.Equal("list", parsed.Definition?.Name);
        Assert.True(parsed.Has(GlobalOptions.Json));
        Assert.Equal("/r", parsed.Text(GlobalOptions.Repository));
    }

    [Fact]
    public void A_repeatable_option_keeps_all_its_values_in_order()
    {
        ParsedCommand parsed = CommandLineProgram.Parse(["capture", "--tag", "a=1", "web", "--tag", "b=2", "--qmp", "x"]);
        OptionDefinition tag = parsed.Definition!.Options.Single(option => option.Name == "--tag");
        Assert.Equal(["a=1", "b=2"], parsed.All(tag));
        Assert.Equal("web", parsed.Text(parsed.Definition.Arguments[0]));
    }

    [Fact]
    public void A_name_that_begins_with_an_at_sign_is_no_response_file() =>
        Assert.Equal(["@web"], CommandLineProgram.Parse(["show", "@web"]).Values["NAME"]);

    [Fact]
    public void Help_needs_nothing_else() => Assert.Equal("capture", CommandLineProgram.Parse(["capture", "--help"]).Definition?.Name);
}
