using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("pcspk", Version = 1)]
internal sealed partial class PcSpeakerDevice
{
    [VMStateField(Name = "data_on")]
    internal byte DataOn;

    [VMStateField(Name = "dummy_refresh_clock")]
    internal byte DummyRefreshClock;
}
