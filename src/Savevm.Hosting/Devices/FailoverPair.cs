using Savevm.Machine;
using Savevm.VMState.Registries;

namespace Savevm.Hosting.Devices;

/// <summary>
/// Two devices of which one cannot travel and has a stand-in that can, such as a network card of the host beside a paravirtual one: before the
/// machine is sent the guest is asked to let the first go, and when the machine stays after all it comes back.
/// </summary>
/// <remarks>The guest answers with <see cref="Left"/> or <see cref="Refuse"/>, from any thread; everything else happens on the engine's.</remarks>
/// <param name="registry">The machine's devices.</param>
/// <param name="primary">The one that has to leave; registered.</param>
public sealed class FailoverPair(DeviceRegistry registry, DeviceRegistration primary) : IUnplugControl
{
    private volatile bool hasLeft;
    private volatile string? refusal;
    private bool isOut;

    /// <summary>The guest is asked to let the device go.</summary>
    public required Action Asked { get; init; }

    /// <summary>The device is there again, or the request is taken back.</summary>
    public required Action Returned { get; init; }

    /// <inheritdoc/>
    public bool IsPending
    {
        get
        {
            if (!isOut && hasLeft) isOut = registry.Remove(primary);
            return !isOut;
        }
    }

    /// <inheritdoc/>
    public string? Refusal => refusal;

    /// <summary>The guest has let it go.</summary>
    public void Left() => hasLeft = true;

    /// <summary>The guest does not let it go.</summary>
    /// <param name="reason">Why, for a person.</param>
    public void Refuse(string reason) => refusal = reason;

    /// <inheritdoc/>
    public void Request()
    {
        (hasLeft, refusal) = (false, null);
        Asked();
    }

    /// <inheritdoc/>
    public void Replug()
    {
        if (isOut) registry.Restore(primary);
        isOut = false;
        Returned();
    }
}
