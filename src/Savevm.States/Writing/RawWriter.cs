using Savevm.Machine.Ram;

namespace Savevm.States.Writing;

/// <summary>Writes the guest's physical memory as it lies: the offset in the file is the address, and what is no RAM is a hole.</summary>
public static class RawWriter
{
    /// <summary>Writes the file.</summary>
    /// <param name="ram">The RAM.</param>
    /// <param name="layout">Where it lies; <see cref="PhysicalLayout.OfBlock"/> for one block.</param>
    /// <param name="target">Where to. The file begins at address 0 also where RAM begins later.</param>
    /// <param name="watch">Counts.</param>
    /// <exception cref="Machine.DamagedStateException">The RAM is not what was saved.</exception>
    /// <exception cref="IOException">The target refused.</exception>
    /// <exception cref="OperationCanceledException">Nobody wants it any more.</exception>
    public static void Write(IRamSource ram, PhysicalLayout layout, ExportStream target, WritingWatch watch)
    {
        ArgumentNullException.ThrowIfNull(ram);
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(watch);
        using IPageReader reader = ram.OpenReader();
        long start = target.Position;
        foreach (PhysicalRange range in layout.Ranges)
        {
            target.WriteZeros(start + range.Address - target.Position);
            PageCopy.Copy(reader, range, target, watch);
        }
        target.Flush();
    }
}
