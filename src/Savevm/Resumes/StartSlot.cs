namespace Savevm.Resumes;

/// <summary>One of the places for guests that are being started; given back once, when the guest runs or will not.</summary>
internal sealed class StartSlot(SemaphoreSlim gate) : IDisposable
{
    private int isGivenBack;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref isGivenBack, 1) == 0) gate.Release();
    }
}
