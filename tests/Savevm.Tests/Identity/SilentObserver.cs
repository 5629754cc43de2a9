namespace Savevm.Tests.Identity;

internal sealed class SilentObserver : IOperationObserver
{
    public List<string> Warnings { get; } = [];

    public void Progress(ProgressUpdate update)
    {
    }

    public void Note(string sentence)
    {
    }

    public void Warning(string sentence) => Warnings.Add(sentence);

    public void GuestRunning(ResumedGuest guest)
    {
    }

    public void AllRamArrived(ResumedGuest guest)
    {
    }

    public void GuestFailed(GuestFailure failure)
    {
    }

    public Task<InterruptChoice> AskInterruptAsync() => Task.FromResult(InterruptChoice.Fetch);
}
