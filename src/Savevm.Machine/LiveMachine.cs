using Savevm.Machine.Live;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;

namespace Savevm.Machine;

/// <summary>What a live migration needs of a machine that runs.</summary>
/// <param name="Outline">What can be said of it while it runs.</param>
/// <param name="Ram">Its RAM, read while it writes to it.</param>
/// <param name="Dirty">Tells which pages it wrote to.</param>
/// <param name="Devices">Its devices, asked when it stands still.</param>
/// <param name="Control">Stops it for the switch-over, and starts it again when the migration fails.</param>
public sealed record LiveMachine(MachineOutline Outline, IRamSource Ram, IDirtyTracker Dirty, IDeviceStateSource Devices, IMachineControl Control)
{
    /// <summary>Slows it down where the migration does not converge; null where it cannot be.</summary>
    public IGuestThrottle? Throttle { get; init; }

    /// <summary>What is sent while it runs beside its RAM, in this order.</summary>
    public IReadOnlyList<ILiveHandler> Handlers { get; init; } = [];

    /// <summary>Devices that must leave before it is sent; null where there are none.</summary>
    public IUnplugControl? Unplug { get; init; }
}
