namespace Savevm.Cli.Tests.Commands;

public sealed class ResumeCommandTests
{
    [Fact]
    public async Task Every_option_reaches_the_operation()
    {
        var screen = new TestScreen();
        screen.Environment["SAVEVM_QEMU"] = "/opt/qemu";
        Assert.Equal(ExitCode.Done, await screen.RunAsync(
            "resume", "web", "--mode", "clone", "--clones", "5", "--set", "name=x{n}", "--set", "rtc.base=utc", "--prefetch", "none", "--disks", "ignore", "--verify", "--on-interrupt", "kill",
            "--bandwidth", "1GiB/s", "--timeout", "30s", "--", "qemu-system-x86_64", "-m", "1G"));
        ResumeRequest request = screen.Scripted.Resume!;
        Assert.Equal("web", request.Name);
        Assert.Equal(ResumeMode.Clone, request.Mode);
        Assert.Equal(5, request.Clones);
        Assert.Equal(["name=x{n}", "rtc.base=utc"], request.Settings);
        Assert.Equal(Prefetch.None, request.Prefetch);
        Assert.Equal(DiskUse.Ignore, request.Disks);
        Assert.True(request.Verify);
        Assert.Equal(InterruptChoice.Kill, request.OnInterrupt);
        Assert.Equal(1L << 30, request.BandwidthBytesPerSecond);
        Assert.Equal(TimeSpan.FromSeconds(30), request.Timeout);
        Assert.Equal(["qemu-system-x86_64", "-m", "1G"], request.QemuArguments);
        Assert.Equal("/opt/qemu", request.Emulator);
        Assert.False(request.Detach);
    }

    [Theory]
    [InlineData("all", Prefetch.All)]
    [InlineData("working-set", Prefetch.WorkingSet)]
    [InlineData("none", Prefetch.None)]
    public async Task What_is_sent_unasked_is_said_with_prefetch(string word, Prefetch prefetch)
    {
        var screen = new TestScreen();
        await screen.RunAsync("resume", "web", "--prefetch", word);
        Assert.Equal(prefetch, screen.Scripted.Resume!.Prefetch);
        screen = new TestScreen();
        Assert.Equal(ExitCode.WrongUsage, await screen.RunAsync("resume", "web", "--prefetch", "workingset"));
    }

    [Fact]
    public async Task Without_options_it_is_one_guest_in_auto_mode_with_the_recorded_command_line()
    {
        var screen = new TestScreen();
        await screen.RunAsync("resume", "web");
        ResumeRequest request = screen.Scripted.Resume!;
        Assert.Equal(ResumeMode.Auto, request.Mode);
        Assert.Equal(1, request.Clones);
        Assert.Equal(Prefetch.All, request.Prefetch);
        Assert.Null(request.QemuArguments);
        Assert.Null(request.QmpSocket);
        Assert.Null(request.ConnectUri);
        Assert.Null(request.OnInterrupt);
        Assert.Null(request.Emulator);
    }

    [Theory]
    [InlineData("resume web --qmp a --connect b")]
    [InlineData("resume web --qmp a -- qemu")]
    [InlineData("resume web --connect b -- qemu")]
    [InlineData("resume web --clones 0")]
    [InlineData("resume web --clones many")]
    [InlineData("resume web --clones 2 --qmp a")]
    [InlineData("resume web --detach --clones 2 --qmp a")]
    [InlineData("resume web --")]
    [InlineData("resume web --disks share")]
    [InlineData("resume web --qmp a --set name=x")]
    [InlineData("resume web --connect a --set name=x")]
    public async Task What_cannot_be_done_is_refused_before_anything_is_called(string words)
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.WrongUsage, await screen.RunAsync(words.Split(' ')));
        Assert.Null(screen.Scripted.Resume);
    }

    [Fact]
    public async Task One_line_when_the_guest_runs_and_one_when_all_ram_has_arrived()
    {
        var screen = new TestScreen();
        await screen.RunAsync("resume", "web");
        Assert.Equal(
            """
            web: running 113 ms after start, lazy, 30 pages sent before, pid 4711, monitor /run/web-4711/qmp
              /run/web.serial is now /run/web-4711/serial
            web: all RAM has arrived, 611 MiB sent, 1530 page requests answered

            """,
            screen.Out);
    }

    [Fact]
    public async Task The_json_lines_keep_their_names()
    {
        var screen = new TestScreen();
        await screen.RunAsync("--json", "resume", "web");
        Assert.Equal(
            """
            {"message_type":"running","name":"web","guest":0,"mode":"lazy","pid":4711,"state":"running","ms_to_listening":109.25,"ms_since_start":112.5,"pages_before_run":30,"run_directory":"/run/web-4711","monitor":"/run/web-4711/qmp","sockets":{"/run/web.serial":"/run/web-4711/serial"},"page_requests":0,"bytes_sent":0,"complete":false,"number":null,"guest_name":null,"mode_reason":null,"recovered":false,"pages_missing":0}
            {"message_type":"complete","name":"web","guest":0,"mode":"lazy","pid":4711,"state":"running","ms_to_listening":109.25,"ms_since_start":112.5,"pages_before_run":30,"run_directory":"/run/web-4711","monitor":"/run/web-4711/qmp","sockets":{"/run/web.serial":"/run/web-4711/serial"},"page_requests":1530,"bytes_sent":640679936,"complete":true,"number":null,"guest_name":null,"mode_reason":null,"recovered":false,"pages_missing":0}

            """,
            screen.Out);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_several_guests_each_has_its_lines_and_one_that_fails_does_not_hide_the_others(bool isJson)
    {
        var screen = new TestScreen();
        var failure = new GuestFailure(2, new SavevmException(ExitCode.PeerFailed, "resume of web", "QEMU ended with exit code 1: no", "try again"));
        screen.Scripted.Failures.Add(failure);
        screen.Scripted.ResumeScript = observer =>
        {
            observer.GuestRunning(ScriptedOperations.Guest with { Number = 1, Name = "fedora-1", ModeReason = "so" });
            observer.GuestFailed(failure);
            observer.GuestRunning(ScriptedOperations.Guest with { Index = 1, Number = 2, Name = "web-2" });
            return Task.CompletedTask;
        };
        string[] words = ["resume", "web", "--clones", "3"];
        Assert.Equal(ExitCode.Failed, await screen.RunAsync(isJson ? [.. words, "--json"] : words));
        string[] lines = screen.Out.TrimEnd().Split('\n');
        if (isJson)
        {
            Assert.Contains("\"number\":1,\"guest_name\":\"fedora-1\",\"mode_reason\":\"so\",", lines[0], StringComparison.Ordinal);
            Assert.Equal(
                """{"message_type":"failed","name":"web","guest":2,"number":3,"exit_code":20,"what":"resume of web","why":"QEMU ended with exit code 1: no","hint":"try again"}""",
                lines[1]);
            Assert.StartsWith("""{"message_type":"error","exit_code":1,"what":"resume of web","why":"1 of 3 guests failed",""", lines[3], StringComparison.Ordinal);
        }
        else
        {
            Assert.StartsWith("web-1: running 113 ms after start, lazy, 30 pages sent before, pid 4711, name fedora-1, monitor ", lines[0], StringComparison.Ordinal);
            Assert.Contains("\nweb-2: running 113 ms after start, lazy, 30 pages sent before, pid 4711, monitor ", screen.Out, StringComparison.Ordinal);
        }

        Assert.StartsWith("web-3: failed: QEMU ended with exit code 1: no\nhint: try again\nsavevm: resume of web: 1 of 3 guests failed\n", screen.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_can_be_asked_an_interrupt_fetches_the_rest()
    {
        var screen = new TestScreen();
        InterruptChoice? choice = null;
        screen.Scripted.ResumeScript = async observer => choice = await observer.AskInterruptAsync();
        await screen.RunAsync("resume", "web");
        Assert.Equal(InterruptChoice.Fetch, choice);
        Assert.Contains("--on-interrupt kill", screen.Error, StringComparison.Ordinal);
    }
}
