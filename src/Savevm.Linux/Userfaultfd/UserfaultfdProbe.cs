using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;

namespace Savevm.Linux.Userfaultfd;

/// <summary>
/// Tries what a QEMU of this user will try. The answer is for our own user and privileges; a QEMU that runs as somebody else
/// may get another one.
/// </summary>
public static unsafe class UserfaultfdProbe
{
    /// <summary>The device of kernels since 6.1.</summary>
    public const string DevicePath = "/dev/userfaultfd";

    private const string AllowEverybody = "sysctl vm.unprivileged_userfaultfd=1";
    private const nint Flags = UserfaultfdRequests.CloseOnExec | UserfaultfdRequests.NonBlocking; // without UserModeOnly

    /// <summary>Opens, asks and closes; changes nothing.</summary>
    public static UserfaultfdAnswer Run()
    {
        using var fromCall = OpenBySystemCall(out var callError);
        using var fromDevice = OpenByDevice(out var deviceError);
        var writeProtect = HasWriteProtect(fromCall ?? fromDevice);
        var (reason, remedy) = Explain(callError, deviceError);
        return new UserfaultfdAnswer(fromCall is not null, fromDevice is not null, writeProtect, reason, remedy);
    }

    private static (string? Reason, string? Remedy) Explain(int callError, int deviceError) => callError switch
    {
        0 => (null, null),
        Errno.EPERM when deviceError == Errno.EACCES => (
            "userfaultfd for faults of the kernel is kept for root on this host",
            $"as root: {AllowEverybody} (or, where QEMU is new enough to use it, open {DevicePath} to this user: setfacl -m u:$USER:rw {DevicePath})"),
        Errno.EPERM => ("userfaultfd for faults of the kernel is kept for root on this host", $"as root: {AllowEverybody}"),
        Errno.ENOSYS => ("this kernel was built without userfaultfd", null),
        _ => ($"userfaultfd: {Marshal.GetPInvokeErrorMessage(callError)}", null),
    };

    private static SafeFileHandle? OpenBySystemCall(out int error)
    {
        var number = UserfaultfdCalls.SystemCall(UserfaultfdCalls.SystemCallNumber, Flags);
        error = number < 0 ? Marshal.GetLastPInvokeError() : 0;
        return number < 0 ? null : new SafeFileHandle(number, true);
    }

    private static SafeFileHandle? OpenByDevice(out int error)
    {
        try
        {
            using var device = Descriptor.Open(DevicePath, FileAccess.ReadWrite);
            var number = UserfaultfdCalls.Control(device, UserfaultfdRequests.NewDescriptor, Flags);
            error = number < 0 ? Marshal.GetLastPInvokeError() : 0;
            return number < 0 ? null : new SafeFileHandle(number, true);
        }
        catch (LinuxException failure)
        {
            error = failure.ErrorNumber;
            return null;
        }
    }

    private static bool HasWriteProtect(SafeFileHandle? userfaultfd)
    {
        if (userfaultfd is null) return false;
        var question = stackalloc ulong[3] { UserfaultfdRequests.Interface, 0, 0 };
        return UserfaultfdCalls.Control(userfaultfd, UserfaultfdRequests.AskInterface, (nint)question) == 0
            && ((UserfaultfdFeatures)question[1]).HasFlag(UserfaultfdFeatures.PageFaultFlagWriteProtect);
    }
}
