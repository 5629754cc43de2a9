namespace Savevm.Linux.Userfaultfd;

/// <summary>The numbers of the kernel's <c>linux/userfaultfd.h</c>. A number holds the length of its argument and its direction.</summary>
internal static class UserfaultfdRequests
{
    internal const ulong Interface = 0xaa;

    // On the device, and then on the descriptor.
    internal const nuint NewDescriptor = 0xaa00;
    internal const nuint AskInterface = 0xc018aa3f;
    internal const nuint Register = 0xc020aa00;
    internal const nuint Unregister = 0x8010aa01;
    internal const nuint Wake = 0x8010aa02;
    internal const nuint Copy = 0xc028aa03;
    internal const nuint ZeroPage = 0xc020aa04;
    internal const nuint WriteProtect = 0xc018aa06;
    internal const nuint Continue = 0xc020aa07;

    // O_CLOEXEC and O_NONBLOCK, the same on x86-64 and arm64, and the kernel's own flag.
    internal const nint CloseOnExec = 0x80000, NonBlocking = 0x800, UserModeOnly = 1;

    internal const ulong ModeDoNotWake = 1, CopyModeWriteProtect = 2;
    internal const ulong WriteProtectModeProtect = 1, WriteProtectModeDoNotWake = 2;

    internal const byte PageFaultEvent = 0x12;
    internal const ulong FaultIsWrite = 1, FaultIsWriteProtect = 2, FaultIsMinor = 4;
    internal const int MessageBytes = 32;
}
