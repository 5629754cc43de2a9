namespace Savevm.Demo;

/// <summary>Watches the operations inside a demo: collects the guests that run, and passes on only what concerns the demo's user.</summary>
/// <param name="outer">The demo's own observer.</param>
internal sealed class DemoObserver(IOperationObserver outer) : IOperationObserver
{
    private readonly Lock _gate = new();
    private readonly List<ResumedGuest> _guests = [];

    /// <summary>The guests that run so far.</summary>
    internal IReadOnlyList<ResumedGuest> Guests
    {
        get
        {
            lock (_gate)
            {
                return [.. _guests];
            }
        }
    }

    public void Progress(ProgressUpdate update) => outer.Progress(update);

    public void Note(string sentence)
    {
        // Which sockets were made fresh, and the like: true, and no concern of the demo's user.
    }

    public void Warning(string sentence) => outer.Warning(sentence);

    public void GuestRunning(ResumedGuest guest)
    {
        lock (_gate)
        {
            _guests.Add(guest);
        }
    }

    public void AllRamArrived(ResumedGuest guest)
    {
        // The table says it.
    }

    public void GuestFailed(GuestFailure failure)
    {
        // A demo has one guest at a time, whose failure is the operation's.
    }

    public Task<InterruptChoice> AskInterruptAsync() => Task.FromResult(InterruptChoice.Kill);
}
