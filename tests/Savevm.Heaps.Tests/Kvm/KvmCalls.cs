using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Savevm.Heaps.Tests.Kvm;

/// <summary>The requests of <c>/dev/kvm</c> that a virtual machine with one processor needs.</summary>
internal static unsafe partial class KvmCalls
{
    public const nuint CreateVm = 0xae01, RunMappingBytes = 0xae04, CreateProcessor = 0xae41, SetTaskSegment = 0xae47, Run = 0xae80;
    public const nuint SetMemory = 0x4020ae46, SetRegisters = 0x4090ae82, GetSpecialRegisters = 0x8138ae83, SetSpecialRegisters = 0x4138ae84;

    private const int Interrupted = 4;

    /// <summary>Does one; repeats it when a signal came, such as the runtime's own.</summary>
    public static int Do(SafeFileHandle handle, nuint request, nint argument, string name)
    {
        while (true)
        {
            var result = Control(handle, request, argument);
            if (result >= 0) return result;
            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted) throw new IOException($"{name}: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle handle, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Map(nint address, nuint length, int protection, int flags, SafeFileHandle handle, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int Unmap(nint address, nuint length);
}
