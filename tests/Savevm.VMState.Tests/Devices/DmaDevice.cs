using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("dma", Version = 1)]
internal sealed partial class DmaDevice
{
    [VMStateField(Name = "command")]
    internal byte Command;

    [VMStateField(Name = "mask")]
    internal byte Mask;

    [VMStateField(Name = "flip_flop")]
    internal byte FlipFlop;

    [VMStateField(Name = "dshift")]
    internal int Dshift;

    [VMStateArray(4, Name = "regs")]
    internal DmaRegisters[] Regs = [new(), new(), new(), new()];
}
