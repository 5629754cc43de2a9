using System.Runtime.InteropServices;
using Savevm.Machine.Ram;

namespace Savevm.Benchmarks.Subjects;

/// <summary>A page in native memory, as page writers want it.</summary>
internal sealed unsafe class NativePage : IDisposable
{
    private readonly byte* _page = (byte*)NativeMemory.AlignedAlloc(RamBlock.PageSize, RamBlock.PageSize);

    /// <param name="fill">What it is full of.</param>
    public NativePage(byte fill) => new Span<byte>(_page, RamBlock.PageSize).Fill(fill);

    public ReadOnlySpan<byte> Bytes => new(_page, RamBlock.PageSize);

    public void Dispose() => NativeMemory.AlignedFree(_page);
}
