namespace Savevm.Cli.Output;

/// <summary>The JSON lines about a resumed guest.</summary>
public static class GuestJson
{
    /// <summary>One line.</summary>
    /// <param name="messageType"><c>running</c> or <c>complete</c>.</param>
    /// <param name="snapshot">The name of the snapshot.</param>
    /// <param name="guest">The guest.</param>
    public static string Message(string messageType, string snapshot, ResumedGuest guest)
    {
        ArgumentNullException.ThrowIfNull(guest);
        return JsonText.Line(writer =>
        {
            writer.WriteString("message_type", messageType);
            writer.WriteString("name", snapshot);
            writer.WriteNumber("guest", guest.Index);
            writer.WriteString("mode", GuestText.ModeName(guest.Mode));
            writer.WriteWhole("pid", guest.ProcessId);
            writer.WriteString("state", guest.State);
            writer.WriteMilliseconds("ms_to_listening", guest.StartToListening);
            writer.WriteMilliseconds("ms_since_start", guest.StartToRun);
            writer.WriteNumber("pages_before_run", guest.PagesBeforeRun);
            writer.WriteString("run_directory", guest.RunDirectory);
            writer.WriteString("monitor", guest.MonitorPath);
            writer.WriteMap("sockets", guest.Sockets);
            writer.WriteNumber("page_requests", guest.PageRequests);
            writer.WriteNumber("bytes_sent", guest.BytesSent);
            writer.WriteBoolean("complete", guest.Complete);
            writer.WriteWhole("number", guest.Number);
            writer.WriteString("guest_name", guest.Name);
            writer.WriteString("mode_reason", guest.ModeReason);
            writer.WriteBoolean("recovered", guest.Recovered);
            writer.WriteNumber("pages_missing", guest.PagesMissing);
        });
    }
}
