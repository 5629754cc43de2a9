namespace Savevm.Resumes;

/// <summary>Passes everything on and keeps the notes for the report.</summary>
internal sealed class NoteTaker(IOperationObserver inner, List<string> notes) : IOperationObserver
{
    public void Progress(ProgressUpdate update) => inner.Progress(update);

    public void Note(string sentence)
    {
        lock (notes)
        {
            // Several clones find the same thing worth saying.
            if (notes.Contains(sentence)) return;
            notes.Add(sentence);
        }
        inner.Note(sentence);
    }

    public void Warning(string sentence) => inner.Warning(sentence);

    public void GuestRunning(ResumedGuest guest) => inner.GuestRunning(guest);

    public void AllRamArrived(ResumedGuest guest) => inner.AllRamArrived(guest);

    public void GuestFailed(GuestFailure failure) => inner.GuestFailed(failure);

    public Task<InterruptChoice> AskInterruptAsync() => inner.AskInterruptAsync();
}
