using System.Text.Json;

namespace Savevm.Cli.Output;

/// <summary>The JSON line of a command that failed.</summary>
public static class FailureJson
{
    /// <summary>The message type, by which a reader knows it among the results.</summary>
    public const string MessageType = "error";

    /// <summary>The message type of a guest that failed while others did not.</summary>
    public const string GuestMessageType = "failed";

    /// <summary>One line.</summary>
    public static string Message(SavevmException failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return JsonText.Line(writer =>
        {
            writer.WriteString("message_type", MessageType);
            Write(writer, failure);
        });
    }

    /// <summary>One line about one guest of several.</summary>
    public static string OfGuest(string snapshot, GuestFailure guest)
    {
        ArgumentNullException.ThrowIfNull(guest);
        return JsonText.Line(writer =>
        {
            writer.WriteString("message_type", GuestMessageType);
            writer.WriteString("name", snapshot);
            writer.WriteNumber("guest", guest.Index);
            writer.WriteNumber("number", guest.Number);
            Write(writer, guest.Failure);
        });
    }

    private static void Write(Utf8JsonWriter writer, SavevmException failure)
    {
        writer.WriteNumber("exit_code", (int)failure.Code);
        writer.WriteString("what", failure.What);
        writer.WriteString("why", failure.Why);
        writer.WriteString("hint", failure.Hint);
    }
}
