using Savevm.Machine.Ram;
using Savevm.Machine.VMState;

namespace Savevm.Machine;

/// <summary>What an outgoing migration needs of a machine. The engine cannot tell a snapshot from a running machine.</summary>
/// <param name="Ram">The machine's RAM.</param>
/// <param name="Devices">The machine's devices.</param>
/// <param name="Control">Stops it, and starts it again when the migration fails.</param>
public sealed record SourceMachine(IRamSource Ram, IDeviceStateSource Devices, IMachineControl Control);
