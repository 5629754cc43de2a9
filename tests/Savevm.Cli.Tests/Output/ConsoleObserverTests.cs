using System.Text;
using Savevm.Cli.Output;

namespace Savevm.Cli.Tests.Output;

public sealed class ConsoleObserverTests
{
    [Theory]
    [InlineData("k\n", InterruptChoice.Kill)]
    [InlineData("fetch\n", InterruptChoice.Fetch)]
    [InlineData("what?\nKILL\n", InterruptChoice.Kill)]
    [InlineData("", InterruptChoice.Fetch)]
    public async Task The_user_is_asked_until_the_answer_is_one(string typed, InterruptChoice choice)
    {
        var error = new StringBuilder();
        var terminal = new Terminal { Out = TextWriter.Null, Error = new StringWriter(error), OpenInput = () => new StringReader(typed) };
        using var answers = new StringReader(typed);
        var observer = new ConsoleObserver(new MessagePane(terminal, isQuiet: false, TimeProvider.System), "web", isJson: false, () => answers);
        Assert.Equal(choice, await observer.AskInterruptAsync());
        Assert.Equal(Math.Max(1, typed.Split('\n').Length - 1), error.ToString().Split("(f)etch").Length - 1);
    }
}
