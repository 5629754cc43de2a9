using Savevm.Machine.Ram;
using Savevm.Machine.VMState;

namespace Savevm.States.Writing;

/// <summary>What is written: the memory and the devices of a machine that stands still.</summary>
/// <param name="Ram">Its RAM. As many readers are opened as threads write.</param>
/// <param name="Devices">Everything else.</param>
public sealed record SavedMachine(IRamSource Ram, DeviceState Devices)
{
    /// <summary>Bytes of all RAM blocks: what <see cref="WritingWatch"/> counts up to, unless only a part is written.</summary>
    public long RamBytes => Ram.Blocks.Sum(block => block.UsedLength);
}
