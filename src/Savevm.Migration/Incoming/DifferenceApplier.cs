using System.Runtime.InteropServices;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Machine.Ram.Xbzrle;
using Savevm.Wire;

namespace Savevm.Migration.Incoming;

/// <summary>
/// Applies differences (XBZRLE) to what a machine has: the page is copied out, changed in a buffer and written back, so that managed code never
/// works in guest RAM and a bad difference leaves the page as it was. Data plane: no allocation; one thread.
/// </summary>
internal sealed unsafe class DifferenceApplier : IDisposable
{
    // A writer may gather pages until it is flushed: each lies in a place of its own until then.
    private const int Places = 64;

    private byte* buffer;
    private int next;

    /// <summary>Applies a difference that began at an offset of the stream.</summary>
    /// <exception cref="WireException">It is none that an encoder could have written, or reaches beyond the page.</exception>
    /// <exception cref="MachineRefusedException">What was written to this destination cannot be read back.</exception>
    public void Apply(IPageWriter writer, int blockIndex, long pageIndex, ReadOnlySpan<byte> difference, long offset)
    {
        if (writer is not IPageReadback readback)
            throw new MachineRefusedException("this destination cannot apply differences: switch xbzrle off at the source");
        if (buffer == null) buffer = (byte*)NativeMemory.AlignedAlloc(Places * RamBlock.PageSize, RamBlock.PageSize);
        if (next == Places)
        {
            writer.Flush();
            next = 0;
        }
        var page = new Span<byte>(buffer + (next * RamBlock.PageSize), RamBlock.PageSize);
        readback.ReadBack(blockIndex, pageIndex, page);
        if (!XbzrleDecoder.TryDecode(difference, page, out var defectAt))
            throw new WireException(offset + defectAt, "an XBZRLE difference that no encoder writes, or that reaches beyond its page");
        next++;
        writer.WritePage(blockIndex, pageIndex, page);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(buffer);
        buffer = null;
    }
}
