using System.Runtime.InteropServices;

namespace Savevm.Cli;

/// <summary>
/// Turns Ctrl-C and a request to terminate into a cancellation. The first one asks; the next ones only tell what is being waited for, since
/// what happens then (putting QEMU's settings back, fetching a guest's RAM) must not be cut short by an impatient finger.
/// </summary>
public sealed class InterruptSignals : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly TextWriter _error;
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    /// <summary>Begins to listen.</summary>
    /// <param name="error">Where the answer to a second signal goes.</param>
    public InterruptSignals(TextWriter error)
    {
        _error = error;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
        ];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _count) == 1)
        {
            _source.Cancel();
            return;
        }

        _error.WriteLine($"savevm: still leaving things in order; kill -9 {Environment.ProcessId} ends it at once and leaves them as they are");
    }
}
