namespace Savevm.Machine.VMState;

/// <summary>Where the device state of a machine comes from.</summary>
public interface IDeviceStateSource
{
    /// <summary>The device state. Called when the machine stands still.</summary>
    DeviceState Save();
}
