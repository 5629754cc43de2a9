using Savevm.Machine;
using Savevm.Machine.VMState;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>The devices of a machine in the test process.</summary>
internal sealed class MemoryDevices : IDeviceStateSource, IDeviceStateSink
{
    public DeviceState? State { get; set; }

    public string? RefuseMachine { get; init; }

    /// <summary>Called when a state is taken.</summary>
    public Action? Taken { get; init; }

    public static MemoryDevices Random(int seed)
    {
        var random = new Random(seed);
        DeviceSection Section(string idStr, uint instance, uint id, int bytes)
        {
            var body = new byte[bytes];
            random.NextBytes(body);
            return new DeviceSection(idStr, instance, 3, id, body);
        }
        return new MemoryDevices
        {
            State = new DeviceState
            {
                MachineName = "pc-test-1.0",
                RamSectionId = 2,
                Sections =
                [
                    Section("timer", 0, 0, 24), Section("cpu", 0, 9, 1882), Section("dma", 0, 11, 75), Section("dma", 1, 12, 75),
                    Section("0000:00:01.1/ide", 0, 31, 942), Section("empty", 0, 33, 0), Section("globalstate", 0, 50, 104),
                ],
            },
        };
    }

    public DeviceState Save() => State ?? throw new InvalidOperationException("There are no devices.");

    public void AcceptConfiguration(string? machineName, ReadOnlyMemory<byte> subsections)
    {
        if (machineName is not null && machineName == RefuseMachine) throw new MachineRefusedException($"this is no {machineName}");
    }

    public void AcceptDevices(DeviceState state)
    {
        State = state;
        Taken?.Invoke();
    }
}
