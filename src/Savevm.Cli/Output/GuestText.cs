using System.Globalization;
using System.Text;
using Savevm.Cli.Values;

namespace Savevm.Cli.Output;

/// <summary>The lines about a resumed guest.</summary>
public static class GuestText
{
    /// <summary>One line when the guest runs.</summary>
    public static string Running(string snapshot, ResumedGuest guest)
    {
        ArgumentNullException.ThrowIfNull(guest);
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"{Name(snapshot, guest)}: ");
        if (guest.Recovered)
        {
            line.Append(CultureInfo.InvariantCulture, $"recovered {guest.StartToRun.TotalMilliseconds:0} ms after start, {guest.PagesMissing} pages missing");
        }
        else
        {
            line.Append(CultureInfo.InvariantCulture, $"{guest.State} {guest.StartToRun.TotalMilliseconds:0} ms after start, ");
            line.Append(CultureInfo.InvariantCulture, $"{ModeName(guest.Mode)}, {guest.PagesBeforeRun} pages sent before");
        }

        if (guest.ProcessId is { } pid)
        {
            line.Append(CultureInfo.InvariantCulture, $", pid {pid}");
        }

        if (guest.Name is { } name && guest.Number is not null && name != Name(snapshot, guest))
        {
            line.Append(", name ").Append(name);
        }

        if (guest.MonitorPath is { } monitor)
        {
            line.Append(", monitor ").Append(monitor);
        }

        foreach ((string old, string made) in guest.Sockets)
        {
            line.Append("\n  ").Append(old).Append(" is now ").Append(made);
        }

        return line.ToString();
    }

    /// <summary>One line when all RAM has arrived.</summary>
    public static string Complete(string snapshot, ResumedGuest guest)
    {
        ArgumentNullException.ThrowIfNull(guest);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Name(snapshot, guest)}: all RAM has arrived, {ByteSize.Format(guest.BytesSent)} sent, {guest.PageRequests} page requests answered");
    }

    /// <summary>One line, or two, when one of several guests fails.</summary>
    public static string Failed(string snapshot, GuestFailure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        string line = string.Create(CultureInfo.InvariantCulture, $"{snapshot}-{failure.Number}: failed: {failure.Failure.Why}");
        return failure.Failure.Hint is { } hint ? $"{line}\nhint: {hint}" : line;
    }

    /// <summary>A mode as the command line spells it.</summary>
    public static string ModeName(ResumeMode mode) =>
        mode switch
        {
            ResumeMode.Lazy => "lazy",
            ResumeMode.Clone => "clone",
            ResumeMode.Full => "full",
            _ => "auto",
        };

    private static string Name(string snapshot, ResumedGuest guest) =>
        guest.Number is { } number ? string.Create(CultureInfo.InvariantCulture, $"{snapshot}-{number}") : snapshot;
}
