namespace Savevm.Cli.Tests.Detached;

public sealed class ServeResumeCommandTests
{
    [Fact]
    public async Task The_background_side_runs_the_resume_and_lets_the_command_go_when_its_guest_runs()
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.Done, await screen.RunAsync("serve-resume", "--", "resume", "web", "--detach", "--json", "--mode", "lazy"));
        Assert.Equal(ResumeMode.Lazy, screen.Scripted.Resume?.Mode);
        Assert.True(screen.Scripted.Resume?.Detach);
        string[] lines = screen.Out.TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("o{\"message_type\":\"running\"", lines[0], StringComparison.Ordinal);
        Assert.Equal("d", lines[1]);
    }

    [Fact]
    public async Task A_failure_reaches_the_command_with_its_words_and_its_exit_code()
    {
        var screen = new TestScreen();
        screen.Scripted.Failure = new SavevmException(ExitCode.Incompatible, "resume web", "tcg state under kvm", "use tcg");
        Assert.Equal(ExitCode.Incompatible, await screen.RunAsync("serve-resume", "--", "resume", "web", "--detach"));
        Assert.Equal("esavevm: resume web: tcg state under kvm\nehint: use tcg\n", screen.Out);
    }

    [Fact]
    public async Task Nothing_but_a_resume_is_served()
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.WrongUsage, await screen.RunAsync("serve-resume", "--", "rm", "web"));
        Assert.Empty(screen.Scripted.Calls);
    }
}
