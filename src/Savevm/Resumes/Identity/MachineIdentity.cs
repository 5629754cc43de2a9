using Savevm.Linux.KernelFeatures;
using Savevm.Qemu.CommandLine;

namespace Savevm.Resumes.Identity;

/// <summary>Machine type, accelerator, processors and the layout of RAM.</summary>
internal static class MachineIdentity
{
    public static void Check(IdentityCheck check)
    {
        var machine = check.Machine;
        if (check.Emulator.Facts is { } facts && machine.Type is { } needed && facts.Machine(needed) is null)
        {
            throw check.Refuse(
                $"{check.Emulator.Executable}, QEMU {facts.Version}, has no machine {needed}", "name a QEMU that has it in SAVEVM_QEMU, or after --");
        }
        if (machine.Accelerator == "kvm" && HostKernel.Probe() is { Kvm: false } host)
        {
            throw check.Refuse(
                $"the state was saved under kvm, which is not to be had here: {host.KvmReason}",
                "load the KVM module or join the group that owns /dev/kvm; state saved under kvm does not load under tcg");
        }
        // The recorded command line is made to fit; the user's own is taken as it is, so it must.
        if (!check.Emulator.IsUsersOwn) return;
        CheckAccelerator(check);
        CheckType(check);
        CheckMemory(check);
        CheckProcessors(check);
    }

    /// <summary>Says what QEMU would accept and the guest might not.</summary>
    public static void Remark(IdentityCheck check, IOperationObserver observer)
    {
        const string Suffix = "-cpu";
        var given = check.Options("cpu", "model").LastOrDefault()?.Text("model");
        if (check.Machine.CpuType is not { } type || !type.EndsWith(Suffix, StringComparison.Ordinal) || given is null) return;
        // The type is the model and the architecture. A model may stand for a version of itself.
        var end = type.LastIndexOf('-', type.Length - Suffix.Length - 1);
        var captured = end > 0 ? type[..end] : type;
        if (captured == given || captured.StartsWith(given + "-v", StringComparison.Ordinal) || given.StartsWith(captured + "-v", StringComparison.Ordinal)) return;
        observer.Warning($"the guest's processor was {captured} and the command line makes it {given}: features that it found when it booted may be gone; -cpu {captured} keeps them");
    }

    private static void CheckAccelerator(IdentityCheck check)
    {
        var accelerator = check.Line.Accelerators.Count > 0 ? check.Line.Accelerators[0] : "tcg";
        if (check.Machine.Accelerator is { } captured && captured != accelerator && !check.Line.Accelerators.Contains(captured))
            throw check.Refuse($"the state was saved under {captured} and does not load under {accelerator}", $"add -accel {captured} to the command line");
    }

    private static void CheckType(IdentityCheck check)
    {
        // An alias, or no machine at all, is what the emulator says it is.
        var given = check.Emulator.Facts?.Machine(check.Line.MachineType)?.Name ?? check.Line.MachineType;
        if (check.Machine.Type is { } type && given is not null && given != type && IsVersioned(given))
            throw check.Refuse($"the state is of a machine {type}, the command line makes a {given}", $"use -machine {type}");
    }

    private static void CheckMemory(IdentityCheck check)
    {
        var machine = check.Machine;
        if (machine.MemoryBytes is { } bytes && check.Line.MemoryBytes is { } memory && memory != bytes)
            throw check.Refuse($"the machine was saved with {bytes >> 20} MiB of RAM, the command line makes one with {memory >> 20} MiB", $"use -m {bytes >> 20}M");

        CheckSlots(check);
        var named = check.Options("machine", "type").Select(value => value.Text("memory-backend")).LastOrDefault(backend => backend is not null);
        var main = named ?? check.Emulator.Facts?.Machine(check.Line.MachineType)?.DefaultRamId;
        if (machine.MainRamId is { } block && main is not null && block != main && block != "/objects/" + main)
        {
            throw check.Refuse(
                $"the machine's RAM is the block {block}, the command line makes it {main}: QEMU looks RAM up by that name",
                $"add -object memory-backend-ram,id={block},size={machine.MemoryBytes >> 20}M -machine memory-backend={block}");
        }
        CheckBackends(check);
    }

    // Slots for memory modules have state of their own, empty ones too.
    private static void CheckSlots(IdentityCheck check)
    {
        if (check.Recorded.Count == 0 || check.Line.Has("readconfig")) return;
        static string? SlotsOf(IEnumerable<OptionValue> options) => options.Select(value => value.Text("slots")).LastOrDefault(slots => slots is not null);
        var recorded = QemuCommandLine.Parse(check.Recorded).All("m").Select(option => OptionValue.Parse(option.Text, "size")).ToList();
        if ((SlotsOf(recorded) ?? "0") is var captured && (SlotsOf(check.Options("m", "size")) ?? "0") is var given && captured != given)
        {
            throw check.Refuse(
                $"the machine has {captured} slots for memory modules, the command line makes {given}",
                captured == "0" ? "leave slots= out of -m" : $"use -m {check.Machine.MemoryBytes >> 20}M,slots={captured},maxmem={recorded.Select(value => value.Text("maxmem")).LastOrDefault(size => size is not null)}");
        }
    }

    private static void CheckBackends(IdentityCheck check)
    {
        if (check.Line.Has("readconfig")) return;
        var given = check.Options("object", "qom-type")
            .Where(value => value.Text("qom-type")?.StartsWith("memory-backend-", StringComparison.Ordinal) == true)
            .GroupBy(value => value.Text("id") ?? "").ToDictionary(group => group.Key, group => group.Last(), StringComparer.Ordinal);
        foreach (var block in check.Machine.RamBlocks.Where(block => block.Backend is not null))
        {
            var id = block.Name.StartsWith("/objects/", StringComparison.Ordinal) ? block.Name["/objects/".Length..] : block.Name;
            if (!given.TryGetValue(id, out var backend))
            {
                if (block.Name == check.Machine.MainRamId) continue;
                throw check.Refuse(
                    $"the guest has memory {id} of {block.Bytes >> 20} MiB, which the command line does not make",
                    $"add {Recorded(check, "object", "qom-type", id) ?? $"-object {block.Backend},id={id},size={block.Bytes >> 20}M"}, and the device that uses it");
            }
            if (SizeOf(backend) is { } bytes && bytes != block.Bytes)
                throw check.Refuse($"the guest's memory {id} has {block.Bytes >> 20} MiB, the command line makes it {bytes >> 20} MiB", $"use size={block.Bytes >> 20}M for {id}");
        }
    }

    private static void CheckProcessors(IdentityCheck check)
    {
        if (check.Line.Has("readconfig") || check.Machine.CpuCount is not { } captured) return;
        var count = ProcessorsOf(check.Options("smp", "cpus").LastOrDefault())
            + check.Options("device", "driver").Count(value => value.Text("driver")?.EndsWith("-cpu", StringComparison.Ordinal) == true);
        // A processor too many was never started; one too few has nowhere to go.
        if (count is { } given && given < captured)
            throw check.Refuse($"the guest has {captured} processors, the command line makes {given}", $"use -smp {captured}");
    }

    private static long? ProcessorsOf(OptionValue? smp)
    {
        if (smp is null) return 1;
        long? Number(string property) => smp.Text(property) is { } text && long.TryParse(text, out var number) ? number : null;
        if (Number("cpus") is { } cpus) return cpus;
        if (Number("maxcpus") is { } maximum) return maximum;
        string[] levels = ["drawers", "books", "sockets", "dies", "clusters", "modules", "cores", "threads"];
        return levels.Aggregate(1L, (product, level) => product * (Number(level) ?? 1));
    }

    /// <summary>The option of the recorded command line that made something, as it would be passed.</summary>
    public static string? Recorded(IdentityCheck check, string option, string implied, string id) => check.Recorded.Count == 0
        ? null
        : QemuCommandLine.Parse(check.Recorded).All(option).FirstOrDefault(found => OptionValue.Parse(found.Text, implied).Text("id") == id) is { } recorded
            ? $"-{option} {recorded.Text}"
            : null;

    private static long? SizeOf(OptionValue backend) => backend.Text("size") is { } size ? SizeText.Parse(size, 1) : null;

    // "pc" and "q35" are aliases; only QEMU knows of which version, and it refuses a wrong one itself.
    private static bool IsVersioned(string machineType) => machineType.Any(char.IsAsciiDigit) && machineType.Contains('-', StringComparison.Ordinal);
}
