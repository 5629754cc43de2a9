using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("HIDPointerDevice", Version = 1)]
internal sealed partial class HidPointer
{
    [VMStateArray(16, Name = "ptr.queue")]
    internal HidPointerEvent[] PtrQueue = [.. Enumerable.Range(0, 16).Select(_ => new HidPointerEvent())];

    [VMStateField(Name = "head")]
    internal uint Head;

    [VMStateField(Name = "n")]
    internal uint N;

    [VMStateField(Name = "protocol")]
    internal int Protocol;

    [VMStateField(Name = "idle")]
    internal byte Idle;
}
