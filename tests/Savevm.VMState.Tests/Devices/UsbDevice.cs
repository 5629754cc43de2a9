using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("USBDevice", Version = 1)]
internal sealed partial class UsbDevice
{
    [VMStateField(Name = "addr")]
    internal byte Addr;

    [VMStateField(Name = "state")]
    internal int State;

    [VMStateField(Name = "remote_wakeup")]
    internal int RemoteWakeup;

    [VMStateField(Name = "setup_state")]
    internal int SetupState;

    [VMStateField(Name = "setup_len")]
    internal int SetupLen;

    [VMStateField(Name = "setup_index")]
    internal int SetupIndex;

    [VMStateArray(8, Name = "setup_buf")]
    internal readonly byte[] SetupBuf = new byte[8];
}
