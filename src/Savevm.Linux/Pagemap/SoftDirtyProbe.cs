using Savevm.Linux.Memory;

namespace Savevm.Linux.Pagemap;

/// <summary>Tries whether this kernel keeps soft-dirty bits. A kernel without them takes the request to clear them all the same.</summary>
public static class SoftDirtyProbe
{
    /// <summary>
    /// Why soft-dirty bits cannot be used; null when they can. Looks whether a page that was just written has its bit; clears nothing, for
    /// that would take the bits from whoever else uses them in this process.
    /// </summary>
    public static string? Run()
    {
        try
        {
            using var pagemap = PagemapFile.Open();
            using var page = MemoryMapping.Anonymous(1, "soft-dirty probe");
            NativeFill.Fill(page.Address, 1, 1);
            Span<ulong> word = stackalloc ulong[1];
            pagemap.ReadWords(page.Address, word);
            return (word[0] & PagemapFile.SoftDirtyBit) != 0 ? null : "this kernel was built without soft-dirty bits (CONFIG_MEM_SOFT_DIRTY)";
        }
        catch (LinuxException error)
        {
            return error.Message;
        }
    }
}
