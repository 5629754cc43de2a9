using System.Runtime.CompilerServices;

namespace Savevm.Qemu.Qmp;

/// <summary>
/// The events of one monitor, in order. An event that came before anybody waited for it is found; one that was taken by a wait is
/// not found again. The oldest are forgotten when nobody wants them.
/// </summary>
internal sealed class QmpEventLog
{
    private const int MaxEvents = 4096;

    private readonly Lock _gate = new();
    private readonly List<(long Number, QmpEvent Event, bool Taken)> _events = [];
    private TaskCompletionSource _changed = NewSignal();
    private long _nextNumber;
    private Exception? _end;

    public void Add(QmpEvent item)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (_events.Count == MaxEvents)
            {
                _events.RemoveRange(0, MaxEvents / 4);
            }

            _events.Add((_nextNumber++, item, false));
            changed = _changed;
            _changed = NewSignal();
        }

        changed.TrySetResult();
    }

    /// <summary>What came so far is found by no later wait.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _events.Clear();
        }
    }

    /// <summary>No event comes any more; waits end with <paramref name="reason"/>.</summary>
    public void End(Exception reason)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _end ??= reason;
            changed = _changed;
        }

        changed.TrySetResult();
    }

    public async Task<QmpEvent> WaitAsync(Func<QmpEvent, bool> predicate, CancellationToken cancellationToken)
    {
        long next = 0;
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                for (int i = 0; i < _events.Count; i++)
                {
                    var (number, item, taken) = _events[i];
                    if (number < next || taken || !predicate(item))
                    {
                        continue;
                    }

                    _events[i] = (number, item, true);
                    return item;
                }

                next = _nextNumber;
                ThrowIfEnded();
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async IAsyncEnumerable<QmpEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long next = 0;
        while (true)
        {
            Task changed;
            List<QmpEvent> found = [];
            lock (_gate)
            {
                foreach (var (number, item, _) in _events)
                {
                    if (number >= next)
                    {
                        found.Add(item);
                    }
                }

                next = _nextNumber;
                if (found.Count == 0)
                {
                    ThrowIfEnded();
                }

                changed = _changed.Task;
            }

            foreach (var item in found)
            {
                yield return item;
            }

            if (found.Count == 0)
            {
                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void ThrowIfEnded()
    {
        if (_end is not null)
        {
            throw QmpClient.Again(_end);
        }
    }
}
