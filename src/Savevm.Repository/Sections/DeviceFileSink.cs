using System.IO.Hashing;
using Savevm.Linux.Files;
using Savevm.Machine.VMState;

namespace Savevm.Repository.Sections;

/// <summary>Writes device state into a snapshot's directory as soon as it is there.</summary>
internal sealed class DeviceFileSink(LinuxDirectory directory) : IDeviceStateSink
{
    /// <summary>What the manifest must know; null until the state was accepted.</summary>
    internal StoredDevices? Stored { get; private set; }

    /// <summary>Size and checksum of the description; null when the stream had none.</summary>
    internal StoredFile? Description { get; private set; }

    public void AcceptConfiguration(string? machineName, ReadOnlyMemory<byte> subsections) =>
        DeviceFile.CheckLimits(new DeviceState { MachineName = machineName, ConfigurationSubsections = subsections, Sections = [] });

    public void AcceptDevices(DeviceState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (Stored is not null) throw new InvalidOperationException("The device state was accepted already.");
        DeviceFile.CheckLimits(state);
        using var devices = directory.CreateFile(SnapshotFiles.Devices);
        var stored = DeviceFile.Write(devices, state);
        if (!state.Description.IsEmpty)
        {
            using var description = directory.CreateFile(SnapshotFiles.Description);
            description.Write(state.Description.Span, 0);
            Description = new StoredFile(state.Description.Length, XxHash3.HashToUInt64(state.Description.Span));
        }
        Stored = stored;
    }

    /// <summary>Returns when the files are on the device.</summary>
    internal void Sync()
    {
        using var devices = directory.OpenFile(SnapshotFiles.Devices);
        devices.SyncData();
        if (Description is null) return;
        using var description = directory.OpenFile(SnapshotFiles.Description);
        description.SyncData();
    }
}
