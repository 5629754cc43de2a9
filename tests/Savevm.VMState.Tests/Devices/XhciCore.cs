using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("xhci-core", Version = 1)]
internal sealed partial class XhciCore
{
    [VMStateArray(8, Name = "ports")]
    internal XhciPort[] Ports = [.. Enumerable.Range(0, 8).Select(_ => new XhciPort())];

    [VMStateArray(64, Name = "slots")]
    internal XhciSlot[] Slots = [.. Enumerable.Range(0, 64).Select(_ => new XhciSlot())];

    [VMStateArray(16, Name = "intr")]
    internal XhciInterrupter[] Intr = [.. Enumerable.Range(0, 16).Select(_ => new XhciInterrupter())];

    [VMStateField(Name = "usbcmd")]
    internal uint Usbcmd;

    [VMStateField(Name = "usbsts")]
    internal uint Usbsts;

    [VMStateField(Name = "dnctrl")]
    internal uint Dnctrl;

    [VMStateField(Name = "crcr_low")]
    internal uint CrcrLow;

    [VMStateField(Name = "crcr_high")]
    internal uint CrcrHigh;

    [VMStateField(Name = "dcbaap_low")]
    internal uint DcbaapLow;

    [VMStateField(Name = "dcbaap_high")]
    internal uint DcbaapHigh;

    [VMStateField(Name = "config")]
    internal uint Config;

    [VMStateField(Name = "mfindex_start")]
    internal long MfindexStart;

    [VMStateTimer(Name = "mfwrap_timer")]
    internal long MfwrapTimer;

    [VMStateField(Name = "cmd_ring")]
    internal XhciRing CmdRing = new();
}
