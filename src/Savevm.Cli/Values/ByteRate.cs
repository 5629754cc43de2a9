namespace Savevm.Cli.Values;

/// <summary>Bytes per second: a size with <c>/s</c> behind it.</summary>
public static class ByteRate
{
    private const string PerSecond = "/s";

    /// <summary>Reads <c>10MiB/s</c>; without <c>/s</c> it is meant all the same. Zero is refused: no limit is no option.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="bytesPerSecond">The rate; 0 when it could not be read.</param>
    /// <param name="error">Why it could not be read; null when it could.</param>
    public static bool TryParse(string text, out long bytesPerSecond, out string? error)
    {
        string size = text.EndsWith(PerSecond, StringComparison.OrdinalIgnoreCase) ? text[..^PerSecond.Length] : text;
        if (!Quantity.TrySplit(size, out _, out _))
        {
            bytesPerSecond = 0;
            error = $"'{text}' is not a rate; write it like 10MiB/s";
            return false;
        }

        if (!ByteSize.TryParse(size, out bytesPerSecond, out error))
        {
            return false;
        }

        if (bytesPerSecond == 0)
        {
            error = "nothing would ever arrive at that rate; leave the option out for no limit";
            return false;
        }

        return true;
    }

    /// <summary>Writes <c>10.0 MiB/s</c>.</summary>
    public static string Format(long bytesPerSecond) => ByteSize.Format(bytesPerSecond) + PerSecond;
}
