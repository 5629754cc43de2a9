namespace Savevm;

/// <summary>
/// Watches an operation, and answers its one question. Calls come from any thread, one at a time or not: an observer is thread-safe. They
/// must return quickly, since they may come from a thread that serves pages. An observer never throws.
/// </summary>
public interface IOperationObserver
{
    /// <summary>How far it has come; as often as the operation likes, the observer thins it out.</summary>
    void Progress(ProgressUpdate update);

    /// <summary>A sentence worth knowing that is nobody's fault.</summary>
    void Note(string sentence);

    /// <summary>A sentence about something that may hurt.</summary>
    void Warning(string sentence);

    /// <summary>A guest runs (or is back, paused). Once per guest.</summary>
    void GuestRunning(ResumedGuest guest);

    /// <summary>All RAM of a guest has arrived; it needs the snapshot no more. Once per guest, after <see cref="GuestRunning"/>.</summary>
    void AllRamArrived(ResumedGuest guest);

    /// <summary>One of several guests failed; the others go on. Not called where a failure is that of the whole operation.</summary>
    void GuestFailed(GuestFailure failure);

    /// <summary>
    /// A guest without all its RAM is about to lose its page server, and the request did not say what to do. Pages must be served while the
    /// answer is awaited. The answer is <see cref="InterruptChoice.Fetch"/> when there is nobody to ask.
    /// </summary>
    Task<InterruptChoice> AskInterruptAsync();
}
