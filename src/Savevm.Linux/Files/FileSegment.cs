using System.Runtime.InteropServices;

namespace Savevm.Linux.Files;

/// <summary>A piece of native memory to be written to a file; has the layout of the kernel's <c>struct iovec</c>.</summary>
/// <param name="Address">First byte; native or pinned memory, owned by the caller for the duration of the call.</param>
/// <param name="Length">Number of bytes.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct FileSegment(nint Address, nint Length);
