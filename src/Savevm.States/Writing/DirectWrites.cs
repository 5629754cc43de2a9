using System.Runtime.InteropServices;
using Savevm.Linux.Descriptors;

namespace Savevm.States.Writing;

/// <summary>Writing past the page cache (<c>O_DIRECT</c>), whose number depends on the processor.</summary>
internal static class DirectWrites
{
    private const int Amd64 = 0x4000, Arm64 = 0x10000;

    internal static OpenOptions Flag =>
        (OpenOptions)(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Arm64 : Amd64);
}
