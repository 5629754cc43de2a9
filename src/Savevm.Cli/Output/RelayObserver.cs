namespace Savevm.Cli.Output;

/// <summary>Shows a relay to the person, or the program, that started it.</summary>
/// <param name="pane">Where it is shown.</param>
/// <param name="isJson">What happens is reported as JSON lines too.</param>
public sealed class RelayObserver(MessagePane pane, bool isJson) : IRelayObserver
{
    /// <inheritdoc/>
    public void Progress(ProgressUpdate update) => pane.Progress(update);

    /// <inheritdoc/>
    public void Note(string sentence) => pane.Say($"note: {sentence}");

    /// <inheritdoc/>
    public void Warning(string sentence) => pane.Say($"warning: {sentence}");

    /// <inheritdoc/>
    public void Listening(string address)
    {
        pane.Say($"note: waiting at {address}");
        if (isJson)
        {
            pane.Result(JsonText.Line(writer =>
            {
                writer.WriteString("message_type", "listening");
                writer.WriteString("address", address);
            }));
        }
    }

    /// <inheritdoc/>
    public void SourceNotNeeded(long heldPages)
    {
        pane.Say("the source is no longer needed");
        if (isJson)
        {
            pane.Result(JsonText.Line(writer =>
            {
                writer.WriteString("message_type", "source_not_needed");
                writer.WriteNumber("held_pages", heldPages);
            }));
        }
    }
}
