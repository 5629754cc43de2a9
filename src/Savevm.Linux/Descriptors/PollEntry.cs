using System.Runtime.InteropServices;

namespace Savevm.Linux.Descriptors;

[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    internal int Descriptor;
    internal PollEvents Events;
    internal PollEvents Returned;
}
