using System.Runtime.InteropServices;

namespace Savevm.Linux.Sockets;

/// <summary><c>struct msghdr</c> of a 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    internal void* Name;
    internal uint NameLength;
    internal void* Segments;
    internal nuint SegmentCount;
    internal void* Control;
    internal nuint ControlLength;
    internal int Flags;
}
