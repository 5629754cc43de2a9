using Savevm.Linux.Descriptors;
using Savevm.Linux.Userfaultfd;

namespace Savevm.Linux.KernelFeatures;

/// <summary>What this kernel lets this user do, as far as we need it.</summary>
/// <param name="Release">The kernel's release, as <c>uname -r</c> prints it.</param>
/// <param name="Userfaultfd">Page faults.</param>
/// <param name="Kvm">Whether <c>/dev/kvm</c> can be opened.</param>
/// <param name="KvmReason">Why not; null when it can.</param>
public sealed record HostKernel(string Release, UserfaultfdAnswer Userfaultfd, bool Kvm, string? KvmReason)
{
    /// <summary>Tries everything; changes nothing.</summary>
    public static HostKernel Probe()
    {
        var release = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        try
        {
            using var kvm = Descriptor.Open("/dev/kvm", FileAccess.ReadWrite);
            return new HostKernel(release, UserfaultfdProbe.Run(), true, null);
        }
        catch (LinuxException error)
        {
            return new HostKernel(release, UserfaultfdProbe.Run(), false, error.Message);
        }
    }
}
