namespace Savevm.Cli.Tests;

/// <summary>Watches an operation that is expected to have nothing to say or to ask.</summary>
internal sealed class SilentObserver : IOperationObserver
{
    public void Progress(ProgressUpdate update)
    {
        // Nobody looks.
    }

    public void Note(string sentence) => Assert.Fail(sentence);

    public void Warning(string sentence) => Assert.Fail(sentence);

    public void GuestRunning(ResumedGuest guest) => Assert.Fail("a guest runs");

    public void AllRamArrived(ResumedGuest guest) => Assert.Fail("a guest runs");

    public void GuestFailed(GuestFailure failure) => Assert.Fail(failure.Failure.Message);

    public Task<InterruptChoice> AskInterruptAsync() => Task.FromResult(InterruptChoice.Fetch);
}
