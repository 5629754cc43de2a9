using Savevm.Hosting.DirtyTracking;

namespace Savevm.Hosting.Tests.DirtyTracking;

/// <summary>A pause that every writer of a test passes before each of its writes.</summary>
internal sealed class WriterGate : IWriterPause, IDisposable
{
    private readonly ReaderWriterLockSlim gate = new();

    public void Pause() => gate.EnterWriteLock();

    public void Resume() => gate.ExitWriteLock();

    public void Dispose() => gate.Dispose();

    internal void Write(Action write)
    {
        gate.EnterReadLock();
        try
        {
            write();
        }
        finally
        {
            gate.ExitReadLock();
        }
    }
}
