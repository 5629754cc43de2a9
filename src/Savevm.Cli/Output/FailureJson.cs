namespace Savevm.Cli.Output;

/// <summary>The JSON line of a command that failed.</summary>
public static class FailureJson
{
    /// <summary>The message type, by which a reader knows it among the results.</summary>
    public const string MessageType = "error";

    /// <summary>One line.</summary>
    public static string Message(SavevmException failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return JsonText.Line(writer =>
        {
            writer.WriteString("message_type", MessageType);
            writer.WriteNumber("exit_code", (int)failure.Code);
            writer.WriteString("what", failure.What);
            writer.WriteString("why", failure.Why);
            writer.WriteString("hint", failure.Hint);
        });
    }
}
