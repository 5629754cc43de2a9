using System.Runtime.InteropServices;

namespace Savevm.Linux.Descriptors;

/// <summary>How much a pipe holds.</summary>
public static class PipeBuffer
{
    /// <summary>What an ordinary user may ask for, unless the administrator changed it.</summary>
    public const int LargeBytes = 1 << 20;

    private const int SetSize = 1031;

    /// <summary>Asks for <see cref="LargeBytes"/> instead of 64 KiB. False: it stays as it is, which only costs speed; so for what is no pipe.</summary>
    public static bool Enlarge(SafeHandle pipe) => DescriptorCalls.Control(pipe, SetSize, LargeBytes) >= 0;
}
