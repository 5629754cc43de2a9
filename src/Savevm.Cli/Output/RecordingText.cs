using System.Globalization;
using System.Text;
using Savevm.Cli.Values;

namespace Savevm.Cli.Output;

/// <summary>Puts what a recording holds beside the stream into lines.</summary>
public static class RecordingText
{
    /// <summary>The lines, each with its end.</summary>
    public static string Of(InspectedRecording recording)
    {
        ArgumentNullException.ThrowIfNull(recording);
        CultureInfo culture = CultureInfo.InvariantCulture;
        var text = new StringBuilder();
        string whole = recording.IsWhole ? "" : ", not whole: it was cut off, or the migration was";
        text.AppendLine(culture, $"recorded: {Duration.Format(recording.Length)}{whole}");
        foreach (InspectedConnection connection in recording.Connections)
        {
            text.AppendLine(
                culture,
                $"          connection {connection.Number} ({connection.Kind}): {ByteSize.Format(connection.ForwardBytes)} forward, "
                + $"{ByteSize.Format(connection.BackwardBytes)} back, from {Duration.Format(connection.Opened)} to {Duration.Format(connection.Last)}");
        }

        string last = recording.Shut switch
        {
            null => "no last word",
            0 => "SHUT 0: it has everything",
            { } code => string.Create(culture, $"SHUT {code}: it refused"),
        };
        text.AppendLine(
            culture,
            $"answers:  {recording.Pongs.Count} to pings, {recording.PageRequests} requests for {recording.RequestedPages} host pages, {recording.Bitmaps} bitmaps; {last}");
        return text.ToString();
    }
}
