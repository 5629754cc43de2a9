using Savevm.Machine.Ram;
using Savevm.Machine.VMState;

namespace Savevm.Machine;

/// <summary>What a background snapshot needs of a machine that runs.</summary>
/// <param name="Outline">What can be said of it while it runs.</param>
/// <param name="Ram">Holds its RAM as it is at an instant.</param>
/// <param name="Devices">Its devices, asked at the instant.</param>
/// <param name="Control">Stops it for the instant and lets it go on.</param>
public sealed record FreezableMachine(MachineOutline Outline, IFrozenRam Ram, IDeviceStateSource Devices, IMachineControl Control);
