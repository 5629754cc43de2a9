using System.Globalization;
using System.Text;
using Savevm.Cli.Values;

namespace Savevm.Cli.Output;

/// <summary>Puts a progress update into one line.</summary>
public static class ProgressText
{
    /// <summary>
    /// <c>active  42%  430 MiB of 1.00 GiB  210 MiB/s  dirty 12.0 MiB/s  2.8 s left</c>. What is not known is left out; that it will not
    /// converge is a line of its own.
    /// </summary>
    public static string Of(ProgressUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        var text = new StringBuilder(update.Phase);
        if (update.TotalBytes is > 0 and { } total)
        {
            long percent = (long)(100 * Math.Min(1.0, (double)update.Bytes / total));
            text.Append(CultureInfo.InvariantCulture, $"  {percent}%  {ByteSize.Format(update.Bytes)} of {ByteSize.Format(total)}");
        }
        else
        {
            text.Append("  ").Append(ByteSize.Format(update.Bytes));
        }

        if (update.BytesPerSecond is { } rate)
        {
            text.Append("  ").Append(ByteRate.Format(rate));
        }

        if (update.DirtyBytesPerSecond is { } dirty)
        {
            text.Append("  dirty ").Append(ByteRate.Format(dirty));
        }

        if (update.TimeLeft is { } left)
        {
            text.Append("  ").Append(Duration.Format(left)).Append(" left");
        }

        return text.ToString();
    }
}
