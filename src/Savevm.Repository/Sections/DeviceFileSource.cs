using System.IO.Hashing;
using Savevm.Linux.Files;
using Savevm.Machine;
using Savevm.Machine.VMState;

namespace Savevm.Repository.Sections;

/// <summary>The device state of a snapshot, read and checked when it is first asked for. Any thread may ask.</summary>
internal sealed class DeviceFileSource(LinuxDirectory directory, StoredDevices stored, StoredFile? description) : IDeviceStateSource
{
    private readonly Lock gate = new();
    private DeviceState? state;

    /// <exception cref="DamagedStateException">The stored state is not what was saved.</exception>
    public DeviceState Save()
    {
        lock (gate)
        {
            return state ??= DeviceFile.Read(
                SnapshotFiles.ReadAll(directory, SnapshotFiles.Devices, stored.Bytes), stored, ReadDescription());
        }
    }

    internal byte[] ReadDescription()
    {
        if (description is null) return [];
        var bytes = SnapshotFiles.ReadAll(directory, SnapshotFiles.Description, description.Bytes);
        if (XxHash3.HashToUInt64(bytes) != description.Checksum)
            throw new DamagedStateException(SnapshotFiles.Description, -1, "does not match its checksum");
        return bytes;
    }
}
