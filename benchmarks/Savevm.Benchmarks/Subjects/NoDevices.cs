using Savevm.Machine.VMState;

namespace Savevm.Benchmarks.Subjects;

/// <summary>The devices of a machine that has none.</summary>
internal sealed class NoDevices : IDeviceStateSource, IDeviceStateSink
{
    public DeviceState Save() => new() { Sections = [] };

    public void AcceptConfiguration(string? machineName, ReadOnlyMemory<byte> subsections)
    {
    }

    public void AcceptDevices(DeviceState state)
    {
    }
}
