namespace Savevm.Cli.Output;

/// <summary>Shows an operation to the person, or the program, that started it.</summary>
/// <param name="pane">Where it is shown.</param>
/// <param name="snapshot">The name of the snapshot, which begins the lines about its guests.</param>
/// <param name="isJson">Guests are reported as JSON lines.</param>
/// <param name="answers">Where the answer to the question comes from; null when nobody can be asked.</param>
public sealed class ConsoleObserver(MessagePane pane, string snapshot, bool isJson, Func<TextReader>? answers) : IOperationObserver
{
    private const string Question = "the guest still waits for RAM from its snapshot: (f)etch the rest now, (k)ill the guest, or (l)eave it for --recover? ";

    /// <inheritdoc/>
    public void Progress(ProgressUpdate update) => pane.Progress(update);

    /// <inheritdoc/>
    public void Note(string sentence) => pane.Say($"note: {sentence}");

    /// <inheritdoc/>
    public void Warning(string sentence) => pane.Say($"warning: {sentence}");

    /// <inheritdoc/>
    public void GuestRunning(ResumedGuest guest) =>
        pane.Result(isJson ? GuestJson.Message("running", snapshot, guest) : GuestText.Running(snapshot, guest));

    /// <inheritdoc/>
    public void AllRamArrived(ResumedGuest guest) =>
        pane.Result(isJson ? GuestJson.Message("complete", snapshot, guest) : GuestText.Complete(snapshot, guest));

    /// <inheritdoc/>
    public void GuestFailed(GuestFailure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        if (isJson)
        {
            pane.Result(FailureJson.OfGuest(snapshot, failure));
        }

        pane.Say(GuestText.Failed(snapshot, failure));
    }

    /// <inheritdoc/>
    public async Task<InterruptChoice> AskInterruptAsync()
    {
        if (answers is null)
        {
            pane.Say("fetching the rest of the guest's RAM before leaving; --on-interrupt kill would end the guest instead");
            return InterruptChoice.Fetch;
        }

        while (true)
        {
            pane.Ask(Question);
            // On a thread of its own: reading a terminal blocks whatever it is called, and pages are served meanwhile.
            string? answer = await Task.Run(() => answers().ReadLine()).ConfigureAwait(false);
            switch (answer?.Trim().ToUpperInvariant())
            {
                case null or "F" or "FETCH":
                    return InterruptChoice.Fetch;
                case "K" or "KILL":
                    return InterruptChoice.Kill;
                case "L" or "LEAVE":
                    return InterruptChoice.Leave;
            }
        }
    }
}
