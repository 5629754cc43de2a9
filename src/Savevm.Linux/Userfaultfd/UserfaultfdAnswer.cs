namespace Savevm.Linux.Userfaultfd;

/// <summary>Whether this user can handle page faults, also those that the kernel (KVM) takes.</summary>
/// <param name="SystemCall">The system call gives such a descriptor; every QEMU uses it.</param>
/// <param name="Device"><c>/dev/userfaultfd</c> gives one; QEMU 10.0 looks there, 7.2 does not.</param>
/// <param name="WriteProtect">Write-protect faults are supported, which background snapshots need; false when nothing could be opened.</param>
/// <param name="Reason">Why the system call does not give one; null when it does.</param>
/// <param name="Remedy">What an administrator can do about it; null when there is nothing to do, or nothing that helps.</param>
public sealed record UserfaultfdAnswer(bool SystemCall, bool Device, bool WriteProtect, string? Reason, string? Remedy);
