using System.Runtime.InteropServices;

namespace Savevm.States.Opening.Xz;

/// <summary>liblzma's <c>lzma_stream</c>, as its version 5 lays it out on 64-bit systems.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LzmaStream
{
    internal byte* NextInput;
    internal nuint InputBytes;
    internal ulong TotalInput;
    internal byte* NextOutput;
    internal nuint OutputBytes;
    internal ulong TotalOutput;
    private readonly void* _allocator;
    private readonly void* _state;
    private fixed ulong _reserved[9];
}
