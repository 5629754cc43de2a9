using Savevm.Qemu.CommandLine;
using Savevm.Repository.Snapshots;

namespace Savevm.Resumes;

/// <summary>What stands in the way of mapping a snapshot's RAM images.</summary>
internal static class CloneObstacle
{
    /// <summary>The obstacle in a sentence fragment; null where there is none.</summary>
    public static string? Find(EmulatorChoice emulator, Snapshot snapshot)
    {
        // What another process maps as well must be shared, and then it would write to the image.
        string[] words = ["vhost-user", "x-vhost-user", "vfio-user"];
        foreach (var option in QemuCommandLine.Parse(emulator.Arguments).Options)
        {
            var word = words.FirstOrDefault(word => option.Name is "netdev" or "device" or "nic"
                && OptionValue.Parse(option.Text, option.Name == "device" ? "driver" : "type") is var value
                && (value.Text("driver") ?? value.Text("type"))?.StartsWith(word, StringComparison.Ordinal) == true);
            if (word is not null) return $"-{option.Name} {option.Text} shares the guest's memory with another process, and a clone's is private";
        }
        if (emulator.CanMapReadOnlyImages) return null;
        foreach (var stored in snapshot.Manifest.RamBlocks)
        {
            var path = snapshot.RamImagePath(stored.Block.Index);
            try
            {
                using var image = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                return $"{emulator.Executable} maps only images that it may write, although it does not, and {path} is not writable here";
            }
        }
        return null;
    }
}
