using Savevm.Machine;

namespace Savevm.Heaps.Images;

/// <summary>Those who write to a heap, as a machine that stands still for an instant.</summary>
internal sealed class HeapWriters(Func<IDisposable>? pause) : IMachineControl
{
    private IDisposable? held;

    public void Stop() => held = pause?.Invoke();

    public void Start()
    {
        held?.Dispose();
        held = null;
    }
}
