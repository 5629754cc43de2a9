using System.Globalization;
using System.Text.Json;

namespace Savevm.Cli.Output;

/// <summary>The guests that run from a snapshot, for people and for programs.</summary>
public static class GuestTable
{
    /// <summary>A table with an empty line behind it; nothing where there are no guests.</summary>
    public static string Of(IReadOnlyList<RunningGuest> guests)
    {
        ArgumentNullException.ThrowIfNull(guests);
        if (guests.Count == 0)
        {
            return string.Empty;
        }

        var table = new TextTable("GUEST", "PID", "MODE", "SINCE", "RAM", "MONITOR");
        foreach (RunningGuest guest in guests)
        {
            table.Add(
                guest.Name ?? "-",
                guest.ProcessId.ToString(CultureInfo.InvariantCulture),
                guest.Mode ?? "-",
                guest.Since?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture) ?? "-",
                guest.IsInterrupted ? "interrupted" : guest.WaitsForRam ? "arriving" : "whole",
                guest.MonitorPath ?? "-");
        }

        return guests.Any(guest => guest.IsInterrupted)
            ? $"{table}\n\nsavevm resume NAME --recover goes on with guests whose RAM was interrupted\n\n"
            : $"{table}\n\n";
    }

    /// <summary>A guest in a sentence: its name, if it has one, and its process.</summary>
    public static string Label(RunningGuest guest)
    {
        ArgumentNullException.ThrowIfNull(guest);
        string what = guest.Mode is { } mode ? $"{mode}, " : string.Empty;
        return string.Create(CultureInfo.InvariantCulture, $"{(guest.Name is { } name ? $"{name} " : string.Empty)}({what}pid {guest.ProcessId})");
    }

    /// <summary>An array of objects.</summary>
    public static void WriteJson(Utf8JsonWriter writer, string name, IReadOnlyList<RunningGuest> guests)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(guests);
        writer.WriteStartArray(name);
        foreach (RunningGuest guest in guests)
        {
            writer.WriteStartObject();
            writer.WriteString("name", guest.Name);
            writer.WriteWhole("number", guest.Number);
            writer.WriteNumber("pid", guest.ProcessId);
            writer.WriteString("mode", guest.Mode);
            if (guest.Since is { } since)
            {
                writer.WriteString("since", since.ToUniversalTime());
            }
            else
            {
                writer.WriteNull("since");
            }

            writer.WriteString("monitor", guest.MonitorPath);
            writer.WriteString("run_directory", guest.RunDirectory);
            writer.WriteBoolean("waits_for_ram", guest.WaitsForRam);
            writer.WriteBoolean("interrupted", guest.IsInterrupted);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
