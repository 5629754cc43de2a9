using System.Text;
using Savevm.Machine;
using Savevm.Machine.VMState;
using Savevm.VMState;
using Savevm.VMState.Registries;
using Savevm.VMState.Saving;

namespace Savevm.Hosting.Devices;

/// <summary>
/// The devices of a machine in this process, as an engine wants them: saved when the machine stands still, loaded before it runs. Not for several
/// threads at once.
/// </summary>
/// <param name="name">The machine's name, such as <c>none</c>; a stream of another machine is refused.</param>
/// <param name="registry">The devices.</param>
public sealed class HostedDevices(string name, DeviceRegistry registry) : IDeviceStateSource, IDeviceStateSink
{
    // RAM is the first section of every stream of ours; the devices' numbers follow. Not 0: QEMU looks for the section of a part by its
    // number, and every device of which it has not read yet still has 0 there.
    private const uint RamSectionId = 1;

    /// <summary>The devices.</summary>
    public DeviceRegistry Registry { get; } = registry;

    /// <summary>Whose form the description behind the stream has.</summary>
    public DescriptionDialect Dialect { get; init; } = DescriptionDialect.Qemu100;

    /// <summary>Devices that will have left before the machine is saved, and that may be such as cannot be.</summary>
    public IReadOnlyCollection<DeviceRegistration> Leaving { get; init; } = [];

    /// <summary>What a stream says of the machine while it runs. Asked for before anything is sent, and therefore refused then.</summary>
    /// <exception cref="MachineRefusedException">A device cannot be migrated; the reason is its own.</exception>
    public MachineOutline Outline
    {
        get
        {
            RefuseBlocked(Leaving);
            return new MachineOutline(name, RamSectionId) { FirstFreeSectionId = RamSectionId + 1 + Registry.SectionCount };
        }
    }

    /// <summary>Devices that the last state did not mention, and that therefore are as they were.</summary>
    public IReadOnlyList<DeviceRegistration> Missing { get; private set; } = [];

    /// <inheritdoc/>
    /// <exception cref="MachineRefusedException">A device cannot be saved; the reason is its own.</exception>
    public DeviceState Save()
    {
        RefuseBlocked([]);
        try
        {
            var saved = Registry.SaveEach(Dialect, out var description, name);
            return new DeviceState
            {
                MachineName = name,
                RamSectionId = RamSectionId,
                Sections = [.. saved.Select(SectionOf)],
                Description = Encoding.ASCII.GetBytes(description),
            };
        }
        catch (VMStateSaveException refused)
        {
            throw new MachineRefusedException(refused.Message);
        }
    }

    /// <inheritdoc/>
    public void AcceptConfiguration(string? machineName, ReadOnlyMemory<byte> subsections)
    {
        if (machineName is not null && machineName != name)
            throw new MachineRefusedException($"the state is of the machine '{machineName}'; this is '{name}'");
    }

    /// <inheritdoc/>
    public void AcceptDevices(DeviceState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var loaded = new HashSet<DeviceRegistration>();
        foreach (var section in state.Sections)
        {
            try
            {
                loaded.Add(Registry.LoadOne(section.IdStr, section.InstanceId, section.VersionId, section.Body.Span));
            }
            catch (VMStateLoadException refused)
            {
                throw new MachineRefusedException(refused.Message);
            }
        }
        Missing = [.. Registry.Devices.Where(device => !loaded.Contains(device))];
    }

    private void RefuseBlocked(IReadOnlyCollection<DeviceRegistration> leaving)
    {
        var blockers = Registry.Blockers.Where(blocker => !leaving.Contains(blocker.Device)).ToList();
        if (blockers.Count == 0) return;
        throw new MachineRefusedException(string.Join("; ", blockers.Select(blocker => $"device '{blocker.Device}' cannot be migrated: {blocker.Reason}")));
    }

    private static DeviceSection SectionOf(SavedDevice saved) => new(
        saved.Device.IdStr, saved.Device.InstanceId, saved.Device.Description.Version, RamSectionId + 1 + saved.Device.SectionId, saved.Body);
}
