using Savevm.Linux.KernelFeatures;
using Savevm.Linux.Pagemap;
using Savevm.Linux.Userfaultfd;
using Savevm.Qemu;

namespace Savevm.Doctor;

/// <summary>
/// Looks what this user can do on this host, and which QEMUs are here. Everything is tried, nothing is changed; QEMUs are started once, without a
/// machine, and remembered.
/// </summary>
public static class DoctorOperation
{
    private const string EmulatorPattern = "qemu-system-*";
    private const int MostEmulators = 16;

    private static readonly (UserfaultfdFeatures Feature, string Meaning, string Since)[] s_protections =
    [
        (UserfaultfdFeatures.PageFaultFlagWriteProtect, "private memory", "5.7"),
        (UserfaultfdFeatures.WriteProtectHugetlbfsShmem, "memory files and huge pages", "5.19"),
        (UserfaultfdFeatures.WriteProtectUnpopulated, "memory that nobody has touched", "6.4"),
    ];

    /// <summary>Looks.</summary>
    /// <param name="repositoryPath">The folder of the repository.</param>
    /// <param name="emulator">An emulator that was named (<c>SAVEVM_QEMU</c>); null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IReadOnlyList<DoctorFinding>> RunAsync(string repositoryPath, string? emulator, CancellationToken cancellationToken)
    {
        var host = HostKernel.Probe();
        List<DoctorFinding> findings =
        [
            new("kernel", IsGood: true, $"Linux {host.Release}"),
            LazyResume(host.Userfaultfd),
            new("background capture", host.Userfaultfd is { SystemCall: true, WriteProtect: true },
                host.Userfaultfd is { SystemCall: true, WriteProtect: true } ? "a QEMU of this user can write-protect its memory" : host.Userfaultfd.Reason ?? "this kernel has no write protection",
                host.Userfaultfd.Remedy ?? (host.Userfaultfd.WriteProtect ? null : "Linux 5.7 has it; --mode live and stop need nothing of the host")),
            .. WriteProtection(),
            Tracking("dirty tracking, write-protect", AsyncWriteProtectProbe.Run()),
            Tracking("dirty tracking, soft-dirty", SoftDirtyProbe.Run()),
            new("kvm", host.Kvm, host.Kvm ? "/dev/kvm can be opened" : host.KvmReason!,
                host.Kvm ? null : "add this user to the group kvm, or switch virtualization on in the firmware; guests under TCG need none"),
            Repository(repositoryPath),
        ];
        var emulators = Emulators(emulator).ToList();
        if (emulators.Count == 0) findings.Add(new DoctorFinding("qemu", IsGood: false, "no qemu-system-* is in PATH", "install QEMU, or name one in SAVEVM_QEMU"));
        foreach (var path in emulators) findings.AddRange(await AskAsync(path, cancellationToken).ConfigureAwait(false));
        return findings;
    }

    private static DoctorFinding LazyResume(UserfaultfdAnswer answer) => answer switch
    {
        { SystemCall: true } => new("lazy resume", IsGood: true, "a QEMU of this user can wait for memory"),
        { Device: true } => new("lazy resume", IsGood: false, $"{answer.Reason}; a QEMU that opens {UserfaultfdProbe.DevicePath} can wait for memory", answer.Remedy),
        _ => new("lazy resume", IsGood: false, answer.Reason ?? "there is no userfaultfd", answer.Remedy ?? "--mode clone needs nothing of the host"),
    };

    // What a machine in .NET is saved by in the background.
    private static IEnumerable<DoctorFinding> WriteProtection()
    {
        foreach (var (feature, meaning, since) in s_protections)
        {
            var subject = $"write protection, {meaning}";
            DoctorFinding finding;
            try
            {
                FaultDescriptor.Open(UserfaultfdFeatures.PageFaultFlagWriteProtect | feature, userModeOnly: true).Dispose();
                finding = new DoctorFinding(subject, IsGood: true, "this kernel has it");
            }
            catch (Linux.LinuxException refused)
            {
                finding = new DoctorFinding(subject, IsGood: false, refused.Message, $"Linux {since} has it");
            }
            yield return finding;
        }
    }

    private static DoctorFinding Tracking(string subject, string? refusal) =>
        new(subject, refusal is null, refusal ?? "writes can be tracked", refusal is null ? null : "another tracker is taken instead");

    private static DoctorFinding Repository(string path)
    {
        var there = path;
        while (!Directory.Exists(there) && Path.GetDirectoryName(there) is { Length: > 0 } above) there = above;
        try
        {
            var free = new DriveInfo(there).AvailableFreeSpace;
            var text = Directory.Exists(path) ? path : $"{path}, not made yet";
            return new DoctorFinding("repository", IsGood: true, FormattableString.Invariant($"{text}; {free >> 20} MiB are free there"));
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new DoctorFinding("repository", IsGood: false, $"{path}: {unknown.Message}", "--repository names another folder");
        }
    }

    private static IEnumerable<string> Emulators(string? named)
    {
        IEnumerable<string> found = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, EmulatorPattern).Order(StringComparer.Ordinal));
        return (named is null ? found : found.Prepend(named)).DistinctBy(Path.GetFileName).Take(MostEmulators);
    }

    private static async Task<IReadOnlyList<DoctorFinding>> AskAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var facts = await EmulatorProbe.AskAsync(path, null, cancellationToken).ConfigureAwait(false);
            var faults = QuirkTable.KnownFaults(facts.Version);
            var package = facts.Package.Length > 0 ? $" ({facts.Package})" : string.Empty;
            return
            [
                new DoctorFinding(facts.Path, faults.Count == 0, $"QEMU {facts.Version}{package}, accelerators {string.Join(", ", facts.Accelerators)}"),
                .. faults.Select(fault => new DoctorFinding(facts.Path, IsGood: false, fault.Fault, fault.Remedy)),
            ];
        }
        catch (QemuException broken)
        {
            return [new DoctorFinding(path, IsGood: false, broken.Message, broken.Hint)];
        }
    }
}
