using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("dma_regs", Version = 1)]
internal sealed partial class DmaRegisters
{
    [VMStateArray(2, Name = "now")]
    internal readonly int[] Now = new int[2];

    [VMStateArray(2, Name = "base")]
    internal readonly ushort[] Base = new ushort[2];

    [VMStateField(Name = "mode")]
    internal byte Mode;

    [VMStateField(Name = "page")]
    internal byte Page;

    [VMStateField(Name = "pageh")]
    internal byte Pageh;

    [VMStateField(Name = "dack")]
    internal byte Dack;

    [VMStateField(Name = "eop")]
    internal byte Eop;
}
