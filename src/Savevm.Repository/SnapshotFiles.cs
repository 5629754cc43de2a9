using Savevm.Linux;
using Savevm.Linux.Files;
using Savevm.Machine;

namespace Savevm.Repository;

/// <summary>The names inside a snapshot's directory, and opening them with the right error.</summary>
internal static class SnapshotFiles
{
    internal const string Manifest = "manifest.json";

    /// <summary>A manifest that is about to replace the other one.</summary>
    internal const string NewManifest = "manifest.json.new";

    internal const string Devices = "devices.bin";
    internal const string Description = "description.json";
    internal const string RamDirectory = "ram";
    internal const string WorkingSet = "working-set.bin";

    /// <summary>A working set that is about to replace the other one, and the lock of those who do so.</summary>
    internal const string NewWorkingSet = "working-set.bin.new";

    /// <summary>Images of disks that would not outlive the captured process; only there when there are any.</summary>
    internal const string DiskDirectory = "disks";

    /// <summary>Opens a file of a snapshot for reading.</summary>
    /// <exception cref="DamagedStateException">It is missing, or it is no regular file.</exception>
    internal static LinuxFile Open(LinuxDirectory directory, string name, string item)
    {
        try
        {
            return directory.OpenFile(name);
        }
        catch (LinuxException error) when (IsNotThere(error))
        {
            throw new DamagedStateException(item, -1, error.ErrorNumber == Errno.ENOENT ? "is missing" : "is not a regular file");
        }
    }

    /// <summary>Opens the directory of the RAM images.</summary>
    /// <exception cref="DamagedStateException">It is missing, or it is no directory.</exception>
    internal static LinuxDirectory OpenRamDirectory(LinuxDirectory snapshot)
    {
        try
        {
            return snapshot.OpenDirectory(RamDirectory);
        }
        catch (LinuxException error) when (IsNotThere(error))
        {
            throw new DamagedStateException(RamDirectory, -1, error.ErrorNumber == Errno.ENOENT ? "is missing" : "is not a directory");
        }
    }

    /// <summary>Reads a whole file whose size is known.</summary>
    /// <exception cref="DamagedStateException">It is missing or has another size.</exception>
    internal static byte[] ReadAll(LinuxDirectory directory, string name, long expectedBytes)
    {
        using var file = Open(directory, name, name);
        var length = file.Status().Length;
        if (length != expectedBytes) throw new DamagedStateException(name, -1, $"has {length} bytes and not {expectedBytes}");
        var bytes = new byte[length];
        if (file.Read(bytes, 0) != bytes.Length) throw new DamagedStateException(name, -1, "is cut off");
        return bytes;
    }

    /// <summary>The entry does not exist, or is of a kind that is never opened.</summary>
    internal static bool IsNotThere(LinuxException error) =>
        error.ErrorNumber is Errno.ENOENT or Errno.EINVAL or Errno.ENXIO or FileErrno.ENOTDIR or FileErrno.ELOOP or FileErrno.EISDIR;
}
