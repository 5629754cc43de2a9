using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Savevm.Interop.Lab;

/// <summary>
/// What a guest said on its serial port. A switchover may cut a line in two: the log of a guest that came from another begins with that one's
/// unfinished line.
/// </summary>
internal sealed partial class GuestLog
{
    private readonly StringBuilder _text = new();

    public string Text => _text.ToString();

    /// <summary>The line that has no end yet.</summary>
    public string Unfinished => Text[(Text.LastIndexOf('\n') + 1)..];

    /// <summary>The numbers of all whole ticks, in order.</summary>
    public IReadOnlyList<int> Ticks =>
        [.. TickPattern().Matches(Text).Select(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture))];

    public int LastTick => Ticks is [.., int last] ? last : 0;

    public int FirstTick => Ticks is [int first, ..] ? first : 0;

    public void Append(string text) => _text.Append(text);

    /// <summary>Every tick followed the one before, none was bad, no page was corrupt, no disk of another time than RAM.</summary>
    public void AssertSound()
    {
        Assert.DoesNotContain("CORRUPT", Text, StringComparison.Ordinal);
        Assert.DoesNotContain("DISK", Text, StringComparison.Ordinal);
        Assert.DoesNotContain(" bad", Text, StringComparison.Ordinal);
        IReadOnlyList<int> ticks = Ticks;
        Assert.NotEmpty(ticks);
        Assert.Equal(Enumerable.Range(ticks[0], ticks.Count), ticks);
    }

    /// <summary>The guest of this log went on where the guest of the other stood: its first tick follows that one's last.</summary>
    public void AssertContinues(GuestLog before)
    {
        before.AssertSound();
        var whole = new GuestLog();
        whole.Append(before.Text);
        whole.Append(Text);
        whole.AssertSound();
        Assert.True(whole.LastTick > before.LastTick, $"no tick after {before.LastTick}: {Text}");
    }

    [GeneratedRegex(@"^tick (\d+) (?:ok|bad)\n", RegexOptions.Multiline)]
    private static partial Regex TickPattern();
}
