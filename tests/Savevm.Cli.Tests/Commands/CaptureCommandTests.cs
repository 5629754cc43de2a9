namespace Savevm.Cli.Tests.Commands;

public sealed class CaptureCommandTests
{
    [Fact]
    public async Task Every_option_reaches_the_operation()
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.Done, await screen.RunAsync(
            "capture", "web", "--qmp", "/run/web.qmp", "--mode", "background", "--after", "quit", "--bandwidth", "10MiB/s",
            "--downtime-limit", "300ms", "--timeout", "10min", "--tag", "a=1", "--tag", "b=2", "--repository", "/r"));
        CaptureRequest request = screen.Scripted.Capture!;
        Assert.Equal("/r", request.RepositoryPath);
        Assert.Equal("web", request.Name);
        Assert.Equal("/run/web.qmp", request.QmpSocket);
        Assert.Null(request.ListenUri);
        Assert.Equal(CaptureMode.Background, request.Mode);
        Assert.Equal(AfterCapture.Quit, request.After);
        Assert.Equal(10 << 20, request.BandwidthBytesPerSecond);
        Assert.Equal(TimeSpan.FromMilliseconds(300), request.DowntimeLimit);
        Assert.Equal(TimeSpan.FromMinutes(10), request.Timeout);
        Assert.Equal(new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" }, request.Tags);
    }

    [Fact]
    public async Task Without_options_the_mode_is_left_to_the_operation_and_the_guest_goes_on()
    {
        var screen = new TestScreen();
        await screen.RunAsync("capture", "web", "--listen", "unix:/x");
        CaptureRequest request = screen.Scripted.Capture!;
        Assert.Equal("unix:/x", request.ListenUri);
        Assert.Null(request.Mode);
        Assert.Equal(AfterCapture.Run, request.After);
        Assert.Null(request.BandwidthBytesPerSecond);
        Assert.Null(request.Timeout);
        Assert.Empty(request.Tags);
    }

    [Theory]
    [InlineData("capture web")]
    [InlineData("capture web --qmp a --listen unix:b")]
    [InlineData("capture web --qmp a --tag b")]
    [InlineData("capture web --qmp a --bandwidth fast")]
    [InlineData("capture web --qmp a --timeout 5")]
    public async Task What_cannot_be_done_is_refused_before_anything_is_called(string words)
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.WrongUsage, await screen.RunAsync(words.Split(' ')));
        Assert.Null(screen.Scripted.Capture);
    }

    [Fact]
    public async Task The_result_is_one_line_and_notes_go_to_stderr()
    {
        var screen = new TestScreen();
        await screen.RunAsync("capture", "web", "--qmp", "/q");
        Assert.Equal("web: captured background in 1.9 s: 2.00 GiB of RAM, 611 MiB stored, the guest stood still for 38 ms; for 1.6 s its processors ran 88 % of the time (98 % before) and waited 7 % for their pages, 13 ms at the longest\n", screen.Out);
        Assert.Equal("note: a note\n", screen.Error);
    }

    [Fact]
    public async Task The_json_document_keeps_its_names()
    {
        var screen = new TestScreen();
        await screen.RunAsync("capture", "web", "--qmp", "/q", "--json");
        Assert.Equal(
            """{"name":"web","mode":"background","guest_bytes":2147483648,"stream_bytes":734003200,"data_bytes":640679936,"elapsed_ms":1900.25,"downtime_ms":38,"rounds":3,"slowdown":{"window_ms":1600,"ran_before":0.981,"ran_meanwhile":0.88,"waited":0.07,"longest_wait_ms":12.75},"durable":true,"overlays":[],"notes":["a quirk"]}""" + "\n",
            screen.Out);
    }

    [Fact]
    public async Task An_interrupt_ends_it_with_130()
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.Cancelled, await screen.RunAsync(["capture", "web", "--qmp", "/q"], isInterrupted: true));
        Assert.Empty(screen.Out);
    }
}
