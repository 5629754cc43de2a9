using Savevm.Machine.Live;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;

namespace Savevm.Machine;

/// <summary>What an incoming migration needs of a machine.</summary>
/// <param name="Ram">Where pages go.</param>
/// <param name="Devices">Where device state goes.</param>
/// <param name="Control">Started when the state is complete.</param>
/// <param name="Faults">Page faults of a machine that can run before its RAM has arrived; null where postcopy is refused.</param>
public sealed record DestinationMachine(IRamSink Ram, IDeviceStateSink Devices, IMachineControl Control, IFaultSource? Faults = null)
{
    /// <summary>What takes live sections beside RAM; a stream with another one is refused.</summary>
    public IReadOnlyList<ILiveLoader> Loaders { get; init; } = [];
}
