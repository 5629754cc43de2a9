using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

/// <summary>A bus whose number of lines is that of the machine it is built for.</summary>
[VMState("PCIBUS", Version = 1)]
internal sealed partial class PciBusDevice
{
    [VMStateEqual(Name = "nirq")]
    internal int Nirq = 4;

    [VMStateArray(CountField = nameof(Nirq), Name = "irq_count")]
    internal int[] IrqCount = new int[4];
}
