using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("kvmvapic-handlers", Version = 1)]
internal sealed partial class VapicHandlers
{
    [VMStateField(Name = "set_tpr")]
    internal uint SetTpr;

    [VMStateField(Name = "set_tpr_eax")]
    internal uint SetTprEax;

    [VMStateArray(8, Name = "get_tpr")]
    internal readonly uint[] GetTpr = new uint[8];

    [VMStateField(Name = "get_tpr_stack")]
    internal uint GetTprStack;
}
