namespace Savevm.Samples.Machine.Devices;

/// <summary>Numbers of the registers of all devices: sixteen for each device, in the order in which the machine plugs them.</summary>
internal static class Ports
{
    internal const int PerDevice = 16;

    internal const int SerialByte = 0;
    internal const int SerialNumber = 1;

    internal const int TimerPeriod = PerDevice;
    internal const int TimerFired = PerDevice + 1;

    internal const int DiskSector = 2 * PerDevice;
    internal const int DiskAddress = (2 * PerDevice) + 1;
    internal const int DiskRequest = (2 * PerDevice) + 2;
}
