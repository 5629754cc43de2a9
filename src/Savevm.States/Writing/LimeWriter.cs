using System.Buffers.Binary;
using Savevm.Machine.Ram;

namespace Savevm.States.Writing;

/// <summary>Writes physical memory in the format of LiME, which forensic tools read: each range behind a header with its addresses.</summary>
/// <remarks>
/// <code>
/// |  0 | magic 4c694d45 | version 1 | first address | last address | 8 zeros |      u32 u32 u64 u64, little-endian
/// | 32 | the range |
/// </code>
/// </remarks>
public static class LimeWriter
{
    private const uint Magic = 0x4c694d45;
    private const uint Version = 1;
    private const int HeaderBytes = 32;

    /// <summary>Writes the file.</summary>
    /// <inheritdoc cref="RawWriter.Write" path="/exception"/>
    /// <param name="ram">The RAM.</param>
    /// <param name="layout">Where it lies.</param>
    /// <param name="target">Where to.</param>
    /// <param name="watch">Counts.</param>
    public static void Write(IRamSource ram, PhysicalLayout layout, ExportStream target, WritingWatch watch)
    {
        ArgumentNullException.ThrowIfNull(ram);
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(watch);
        using IPageReader reader = ram.OpenReader();
        Span<byte> header = stackalloc byte[HeaderBytes];
        foreach (PhysicalRange range in layout.Ranges)
        {
            header.Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], Version);
            BinaryPrimitives.WriteInt64LittleEndian(header[8..], range.Address);
            BinaryPrimitives.WriteInt64LittleEndian(header[16..], range.Address + range.Length - 1);
            target.Write(header);
            PageCopy.Copy(reader, range, target, watch);
        }
        target.Flush();
    }
}
