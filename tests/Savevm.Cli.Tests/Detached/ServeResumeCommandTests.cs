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
    public async Task When_some_guests_fail_the_command_is_told_and_the_others_are_served()
    {
        var screen = new TestScreen();
        var failure = new GuestFailure(0, new SavevmException(ExitCode.PeerFailed, "resume of web", "no port", null));
        screen.Scripted.Failures.Add(failure);
        screen.Scripted.ResumeScript = observer =>
        {
            observer.GuestFailed(failure);
            observer.GuestRunning(ScriptedOperations.Guest with { Index = 1, Number = 2 });
            return Task.CompletedTask;
        };
        Assert.Equal(ExitCode.Failed, await screen.RunAsync("serve-resume", "--", "resume", "web", "--detach", "--clones", "2"));
        string[] lines = screen.Out.TrimEnd().Split('\n');
        Assert.Equal("eweb-1: failed: no port", lines[0]);
        Assert.StartsWith("oweb-2: running", lines[1], StringComparison.Ordinal);
        Assert.Equal("d1", lines[^1]);
    }

    [Fact]
    public async Task Nothing_but_a_resume_is_served()
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.WrongUsage, await screen.RunAsync("serve-resume", "--", "rm", "web"));
        Assert.Empty(screen.Scripted.Calls);
    }
}
