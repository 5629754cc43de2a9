namespace Savevm.Machine.VMState;

/// <summary>Where the device state of a machine goes.</summary>
public interface IDeviceStateSink
{
    /// <summary>Checks the machine of the stream before any RAM travels.</summary>
    /// <exception cref="MachineRefusedException">This destination is another machine.</exception>
    void AcceptConfiguration(string? machineName, ReadOnlyMemory<byte> subsections);

    /// <summary>
    /// Takes the whole device state, once, when the stream is complete or the package arrived. In postcopy RAM has not arrived then, and nobody
    /// would fetch it meanwhile: the machine's RAM is not touched in here.
    /// </summary>
    /// <exception cref="MachineRefusedException">A section does not fit.</exception>
    void AcceptDevices(DeviceState state);
}
