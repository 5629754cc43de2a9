using Savevm.Qemu.CommandLine;

namespace Savevm.Resumes;

/// <summary>
/// What becomes of the guest's clocks (docs/time.md). The state of the RTC holds a time of the clock that it goes by: read as a time of another
/// clock it gives a day in 1970 or in the next decades. Only <c>clock=rt</c> looks at the date in the state instead, so it can follow any.
/// </summary>
internal static class ClockCheck
{
    private static readonly TimeSpan s_worthSaying = TimeSpan.FromHours(1);

    /// <summary>Refuses a command line whose RTC would read the state's time wrongly.</summary>
    /// <param name="name">The snapshot.</param>
    /// <param name="captured">The command line that was captured; empty where none was recorded.</param>
    /// <param name="started">The one that is to be started.</param>
    public static void Refuse(string name, IReadOnlyList<string> captured, IReadOnlyList<string> started)
    {
        if (captured.Count == 0 || started.Count == 0) return;
        var saved = QemuCommandLine.Parse(captured).RtcClock;
        var asked = QemuCommandLine.Parse(started).RtcClock;
        if (asked == saved || asked == "rt") return;
        throw new SavevmException(
            ExitCode.Incompatible, $"resume of {name}", $"the guest was captured with -rtc clock={saved}: with clock={asked} its RTC would show a wrong time",
            $"use -rtc clock={saved}, or clock=rt for an RTC that goes on from the day of the capture");
    }

    /// <summary>The sentence for a guest whose clock is behind; null when that is not worth saying.</summary>
    /// <param name="age">How long ago it was captured.</param>
    /// <param name="started">The command line that is to be started; empty where it is not known.</param>
    public static string? Hint(TimeSpan age, IReadOnlyList<string> started)
    {
        if (age < s_worthSaying) return null;
        var clock = started.Count == 0 ? "host" : QemuCommandLine.Parse(started).RtcClock;
        var ways = clock == "host" ? "hwclock --hctosys, chronyc makestep, or the guest agent's guest-set-time" : $"chronyc makestep or the guest agent's guest-set-time (its RTC stands there too, by -rtc clock={clock})";
        return $"the guest's clock goes on from its capture, {Spoken(age)} ago; set it in the guest: {ways}";
    }

    private static string Spoken(TimeSpan age) => age switch
    {
        { TotalDays: >= 2 } => FormattableString.Invariant($"{(int)age.TotalDays} days"),
        { TotalHours: >= 2 } => FormattableString.Invariant($"{(int)age.TotalHours} hours"),
        _ => "an hour",
    };
}
