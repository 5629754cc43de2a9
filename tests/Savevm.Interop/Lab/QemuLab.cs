using System.Runtime.InteropServices;

namespace Savevm.Interop.Lab;

/// <summary>
/// The QEMUs of this run: those of <c>SAVEVM_TEST_QEMUS</c> (paths, separated by colons), else every one below <c>.cache/qemu</c>. None at
/// all is a failure, never a skip. Those of another architecture are named in <c>SAVEVM_TEST_AARCH64_QEMUS</c>, where
/// <c>none</c> means that there is nothing to test.
/// </summary>
internal static partial class QemuLab
{
    private static readonly Lazy<IReadOnlyList<QemuInstallation>> Found = new(() => Find("SAVEVM_TEST_QEMUS", "qemu-system-x86_64"));
    private static readonly Lazy<IReadOnlyList<QemuInstallation>> FoundAarch64 =
        new(() => Find("SAVEVM_TEST_AARCH64_QEMUS", "qemu-system-aarch64"));

    /// <summary>All, oldest first.</summary>
    public static IReadOnlyList<QemuInstallation> All => Found.Value;

    /// <summary>All <c>qemu-system-aarch64</c>, oldest first.</summary>
    public static IReadOnlyList<QemuInstallation> Aarch64 => FoundAarch64.Value;

    public static QemuInstallation Oldest => All[0];

    public static QemuInstallation Newest => All[^1];

    public static QemuInstallation Named(string name) =>
        All.FirstOrDefault(qemu => qemu.Name == name) ?? throw new InvalidOperationException($"no QEMU is called {name}");

    /// <summary>Whether an accelerator can be used here and now; the reason why not is the skip's text.</summary>
    public static void Require(string accelerator)
    {
        if (accelerator == "kvm")
        {
            Assert.SkipUnless(access("/dev/kvm", 6) == 0, "/dev/kvm cannot be opened by this user");
        }
    }

    /// <summary>Whether this is root, from whom the kernel keeps nothing.</summary>
    public static bool IsRoot { get; } = geteuid() == 0;

    /// <summary>Whether QEMU, as this user, may use userfaultfd, which lazy resume and background capture stand on.</summary>
    public static bool UserfaultfdAllowed { get; } =
        geteuid() == 0 || File.ReadAllText("/proc/sys/vm/unprivileged_userfaultfd").Trim() == "1";

    /// <summary>Whether it is certain that no QEMU of this user may: newer ones can also be given the device.</summary>
    public static bool UserfaultfdRefused { get; } = !UserfaultfdAllowed && access("/dev/userfaultfd", 6) != 0;

    private static List<QemuInstallation> Find(string variable, string program)
    {
        string? named = Environment.GetEnvironmentVariable(variable);
        if (named == "none")
        {
            return [];
        }

        string cache = RepositoryRoot.Combine(".cache", "qemu");
        IEnumerable<string> paths = !string.IsNullOrEmpty(named)
            ? named.Split(':', StringSplitOptions.RemoveEmptyEntries)
            : Directory.Exists(cache)
                ? Directory.EnumerateDirectories(cache).Select(folder => Path.Combine(folder, program)).Where(File.Exists)
                : [];
        List<QemuInstallation> all = [.. paths.Distinct().Select(QemuInstallation.Ask).OrderBy(qemu => qemu.Version)];
        return all.Count > 0
            ? [.. all.Select(qemu => all.Count(other => other.Name == qemu.Name) > 1 ? qemu with { Name = qemu.Path } : qemu)]
            : throw new InvalidOperationException(
                $"no {program} to test with: run tools/fetch-qemu, or name executables in {variable}, separated by colons");
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
