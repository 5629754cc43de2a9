using Savevm.Cli.Output;

namespace Savevm.Cli.Detached;

/// <summary>Shows a detached resume to the command that waits for its guests to run.</summary>
/// <param name="shown">Prints into the pipe; there is nobody it can ask.</param>
/// <param name="handOver">The pipe.</param>
internal sealed class DetachedObserver(ConsoleObserver shown, HandOver handOver) : IOperationObserver
{
    public void Progress(ProgressUpdate update)
    {
        // The command prints no progress, and a log is no place for it.
    }

    public void Note(string sentence) => shown.Note(sentence);

    public void Warning(string sentence) => shown.Warning(sentence);

    public void GuestRunning(ResumedGuest guest)
    {
        shown.GuestRunning(guest);
        handOver.Count(guest.RunDirectory);
    }

    public void AllRamArrived(ResumedGuest guest) => shown.AllRamArrived(guest);

    public void GuestFailed(GuestFailure failure)
    {
        shown.GuestFailed(failure);
        handOver.CountFailure();
    }

    public Task<InterruptChoice> AskInterruptAsync() => shown.AskInterruptAsync();
}
