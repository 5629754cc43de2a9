using System.Text;
using Savevm.Cli.Output;

namespace Savevm.Cli.Tests.Output;

public sealed class MessagePaneTests
{
    private readonly StringBuilder _error = new();
    private readonly StringBuilder _out = new();
    private readonly TestClock _clock = new();

    [Fact]
    public void Where_lines_cannot_be_overwritten_there_is_one_every_five_seconds()
    {
        MessagePane pane = Pane(isLive: false);
        for (int second = 0; second <= 12; second++)
        {
            pane.Progress(Update(second));
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal("active  5 B\nactive  10 B\n", _error.ToString());
    }

    [Theory]
    [InlineData(false, "warning: no\nactive  5 B\nactive  10 B\n")]
    [InlineData(true, "warning: no\n\r\u001b[Kactive  0 B\r\u001b[Kactive  5 B\r\u001b[Kactive  10 B")]
    public void That_it_will_not_converge_is_said_at_once_in_full_and_not_all_the_time(bool isLive, string printed)
    {
        MessagePane pane = Pane(isLive);
        for (int second = 0; second <= 10; second += 5)
        {
            pane.Progress(Update(second) with { WillNotConverge = "no" });
            _clock.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Equal(printed, _error.ToString());
        _clock.Advance(TimeSpan.FromSeconds(20));
        pane.Progress(Update(35) with { WillNotConverge = "no" });
        Assert.Equal(3, _error.ToString().Split("warning: no").Length);
    }

    [Fact]
    public void On_a_live_terminal_one_line_is_overwritten_and_removed_before_results()
    {
        MessagePane pane = Pane(isLive: true);
        pane.Progress(Update(1));
        pane.Progress(Update(2));
        _clock.Advance(TimeSpan.FromMilliseconds(150));
        pane.Progress(Update(3));
        pane.Result("done");
        pane.Result("and more");
        Assert.Equal("\r\u001b[Kactive  1 B\r\u001b[Kactive  3 B\r\u001b[K", _error.ToString());
        Assert.Equal("done\nand more\n", _out.ToString());
    }

    [Fact]
    public void A_live_line_is_never_wider_than_the_terminal()
    {
        Pane(isLive: true).Progress(Update(1) with { Phase = new string('x', 500) });
        Assert.Equal("\r\u001b[K".Length + 39, _error.Length);
    }

    [Fact]
    public void Quiet_silences_progress_and_nothing_else()
    {
        var pane = new MessagePane(Terminal(isLive: true), isQuiet: true, _clock);
        pane.Progress(Update(1));
        pane.Say("note: something");
        Assert.Equal("note: something\n", _error.ToString());
    }

    [Fact]
    public void A_line_of_progress_tells_all_that_is_known()
    {
        var update = new ProgressUpdate
        {
            Phase = "active",
            Bytes = 430L << 20,
            TotalBytes = 1L << 30,
            BytesPerSecond = 210L << 20,
            DirtyBytesPerSecond = 12L << 20,
            TimeLeft = TimeSpan.FromSeconds(2.8),
        };
        Assert.Equal("active  41%  430 MiB of 1.00 GiB  210 MiB/s  dirty 12.0 MiB/s  2.8 s left", ProgressText.Of(update));
        Assert.StartsWith("active  100%  ", ProgressText.Of(update with { Bytes = 2L << 30 }), StringComparison.Ordinal);
    }

    private static ProgressUpdate Update(long bytes) => new() { Phase = "active", Bytes = bytes };

    private MessagePane Pane(bool isLive) => new(Terminal(isLive), isQuiet: false, _clock);

    private Terminal Terminal(bool isLive) =>
        new()
        {
            Out = new StringWriter(_out),
            Error = new StringWriter(_error),
            OpenInput = () => TextReader.Null,
            IsLive = isLive,
            Width = () => 40,
        };

    private sealed class TestClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}
