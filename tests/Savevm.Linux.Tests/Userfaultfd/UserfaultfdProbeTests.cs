using System.Runtime.InteropServices;
using Savevm.Linux.KernelFeatures;
using Savevm.Linux.Userfaultfd;

namespace Savevm.Linux.Tests.Userfaultfd;

public sealed class UserfaultfdProbeTests
{
    [Fact]
    public void Answer_agrees_with_what_the_kernel_says_elsewhere()
    {
        var answer = UserfaultfdProbe.Run();
        var everybody = File.Exists("/proc/sys/vm/unprivileged_userfaultfd") && File.ReadAllText("/proc/sys/vm/unprivileged_userfaultfd").Trim() == "1";
        // CAP_SYS_PTRACE, bit 19 of the effective set, is the privilege that the kernel asks for.
        var capabilities = File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
        var privileged = (Convert.ToUInt64(capabilities["CapEff:".Length..].Trim(), 16) & (1UL << 19)) != 0;
        Assert.Equal(everybody || privileged, answer.SystemCall);
        Assert.Equal(answer.SystemCall, answer.Reason is null);
        Assert.Equal(answer.SystemCall, answer.Remedy is null);
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64) Assert.Equal(answer.SystemCall || answer.Device, answer.WriteProtect);
    }

    [Fact]
    public void Device_is_usable_exactly_when_it_can_be_opened()
    {
        var usable = true;
        try
        {
            File.Open(UserfaultfdProbe.DevicePath, FileMode.Open, FileAccess.ReadWrite).Dispose();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            usable = false;
        }
        Assert.Equal(usable, UserfaultfdProbe.Run().Device);
    }

    [Fact]
    public void Host_summary_has_the_kernel_release()
    {
        var host = HostKernel.Probe();
        Assert.StartsWith(Environment.OSVersion.Version.ToString(2), host.Release, StringComparison.Ordinal);
        Assert.Equal(host.Kvm, host.KvmReason is null);
    }
}
