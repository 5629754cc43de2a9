using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("usb-ptr", Version = 1)]
internal sealed partial class UsbPointerDevice
{
    [VMStateField(Name = "dev")]
    internal UsbDevice Dev = new();

    [VMStateField(Name = "hid")]
    internal HidPointer Hid = new();
}
