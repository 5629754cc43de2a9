using Savevm.Qemu;

namespace Savevm.Resumes.Identity;

/// <summary>What another emulator than the captured one must have: the device models, the processor, option ROMs of the same size.</summary>
internal static class EmulatorIdentity
{
    public static void Check(IdentityCheck check, EmulatorFacts emulator)
    {
        CheckModels(check, emulator);
        CheckRoms(check, emulator);
    }

    private static void CheckModels(IdentityCheck check, EmulatorFacts emulator)
    {
        if (emulator.Models.Count == 0) return;
        foreach (var device in check.Machine.Devices.Where(device => device.IsPlugged && !emulator.Models.Contains(device.Type)))
        {
            throw check.Refuse(
                $"{check.Emulator.Executable}, QEMU {emulator.Version}, has no device {device.Type}, which the guest has{(device.Id is null ? "" : $" ({device.Id})")}",
                "name a QEMU that has it in SAVEVM_QEMU, or after --; some distributions have device models in packages of their own");
        }
        if (check.Machine.CpuType is { } cpu && !emulator.Models.Contains(cpu))
        {
            throw check.Refuse(
                $"{check.Emulator.Executable}, QEMU {emulator.Version}, has no processor {cpu}, which is the guest's", "name a QEMU that has it in SAVEVM_QEMU, or after --");
        }
    }

    private static void CheckRoms(IdentityCheck check, EmulatorFacts emulator)
    {
        var options = check.Options("device", "driver").ToList();
        string[] folders =
        [
            .. check.Line.All("L").Select(option => Path.Combine(check.Emulator.WorkingDirectory, option.Text)).Where(Directory.Exists),
            .. emulator.FirmwareFolders,
        ];
        foreach (var device in check.Machine.Devices)
        {
            if (device.Rom is not { } rom || device.RomBytes is not { } captured) continue;
            var option = options.FirstOrDefault(found => device.Id is not null && found.Text("id") == device.Id);
            // A size that is given is the size, whatever the file's.
            if (option?.Text("romsize") is not null) continue;
            var file = option?.Text("romfile") ?? rom;
            if (file.Length == 0)
            {
                throw check.Refuse(
                    $"the device {device.Name} has a ROM of {captured >> 10} KiB, the command line gives it none", $"leave romfile= out for {device.Id}, or give it romfile={rom}");
            }
            if (Find(file, check.Emulator.WorkingDirectory, folders) is { } path && Size(path) is { } bytes && bytes != captured)
            {
                throw check.Refuse(
                    $"the ROM of the device {device.Name} has {captured >> 10} KiB, {path} makes one of {bytes >> 10} KiB",
                    bytes < captured ? $"add romsize={captured} to its -device" : "pass the ROM that it was captured with: romfile=PATH in its -device");
            }
        }
    }

    // QEMU looks in the folder it runs in before it looks among its firmware.
    private static string? Find(string file, string workingDirectory, IEnumerable<string> folders) =>
        folders.Prepend(workingDirectory).Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);

    private static long? Size(string path)
    {
        var bytes = new FileInfo(path).Length;
        // A ROM's size is the next power of two.
        return bytes is > 0 and < 1L << 31 ? (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)bytes) : null;
    }
}
