using System.Globalization;

namespace Savevm.Cli.Values;

/// <summary>Times as people write and read them.</summary>
public static class Duration
{
    private static readonly (string Name, long Ticks)[] Units =
    [
        ("us", TimeSpan.TicksPerMicrosecond),
        ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond),
        ("min", TimeSpan.TicksPerMinute),
        ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour),
        ("d", TimeSpan.TicksPerDay),
    ];

    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    /// <summary>Reads <c>300ms</c>, <c>1.5s</c>, <c>5min</c>, <c>2h</c>. A number without a unit is refused: it would mean two things.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="duration">The time; zero when it could not be read.</param>
    /// <param name="error">Why it could not be read; null when it could.</param>
    public static bool TryParse(string text, out TimeSpan duration, out string? error)
    {
        duration = TimeSpan.Zero;
        if (!Quantity.TrySplit(text, out decimal number, out string unit))
        {
            error = $"'{text}' is not a time; write it like 300ms or 10s";
            return false;
        }

        if (unit.Length == 0)
        {
            error = $"'{text}' has no unit; write {text}ms or {text}s";
            return false;
        }

        long ticks = TicksOf(unit);
        if (ticks == 0)
        {
            error = $"'{unit}' is not a unit of time; the units are us, ms, s, min, h, d";
            return false;
        }

        if (number > (decimal)Longest.Ticks / ticks)
        {
            error = $"'{text}' is longer than a year";
            return false;
        }

        duration = TimeSpan.FromTicks((long)(number * ticks));
        if (duration == TimeSpan.Zero)
        {
            error = $"'{text}' is no time at all; leave the option out for the default";
            return false;
        }

        error = null;
        return true;
    }

    /// <summary>Writes <c>812 ms</c>, <c>3.4 s</c>, <c>2 min 5 s</c>, <c>1 h 10 min</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        // Rounded first, or 59.96 s would be 0 min 59 s.
        TimeSpan whole = TimeSpan.FromSeconds(Math.Round(duration.TotalSeconds));
        return duration.TotalMilliseconds switch
        {
            < 9.995 => string.Create(culture, $"{duration.TotalMilliseconds:0.00} ms"),
            < 999.5 => string.Create(culture, $"{duration.TotalMilliseconds:0} ms"),
            < 59_950 => string.Create(culture, $"{duration.TotalSeconds:0.0} s"),
            < 3_599_500 => string.Create(culture, $"{(int)whole.TotalMinutes} min {whole.Seconds} s"),
            _ => string.Create(culture, $"{(int)whole.TotalHours} h {whole.Minutes} min"),
        };
    }

    private static long TicksOf(string unit)
    {
        foreach ((string name, long ticks) in Units)
        {
            if (unit.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return ticks;
            }
        }

        return 0;
    }
}
