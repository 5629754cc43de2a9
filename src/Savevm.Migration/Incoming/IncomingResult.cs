using Savevm.Machine.Ram;
using Savevm.Machine.VMState;

namespace Savevm.Migration.Incoming;

/// <summary>What an incoming migration brought.</summary>
/// <param name="Devices">The device state, as it was handed to the machine.</param>
/// <param name="Blocks">The RAM blocks.</param>
/// <param name="Remarks">What a person should know though it is no error: for example a section whose end is not certain.</param>
public sealed record IncomingResult(DeviceState Devices, IReadOnlyList<RamBlock> Blocks, IReadOnlyList<string> Remarks);
