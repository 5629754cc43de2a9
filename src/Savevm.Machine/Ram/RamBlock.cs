namespace Savevm.Machine.Ram;

/// <summary>One RAMBlock of a machine: a named, contiguous piece of guest-visible memory.</summary>
/// <param name="Index">Position in the machine's block list; the short name that the data plane uses.</param>
/// <param name="IdStr">QEMU's idstr, such as <c>pc.ram</c>; 1 to 255 bytes of ASCII.</param>
/// <param name="UsedLength">Bytes in use, a multiple of <see cref="PageSize"/>.</param>
public sealed record RamBlock(int Index, string IdStr, long UsedLength)
{
    /// <summary>The target page size in bytes: the unit of every page record.</summary>
    public const int PageSize = 4096;

    /// <summary>Number of target pages in the block.</summary>
    public long PageCount => UsedLength / PageSize;
}
