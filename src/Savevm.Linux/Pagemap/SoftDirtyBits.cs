using Savevm.Linux.Descriptors;

namespace Savevm.Linux.Pagemap;

/// <summary>
/// The soft-dirty bits of this process. Clearing them is for all of its memory at once, and no call both reads and clears them: a page that
/// is written to between the two is lost unless nobody writes then.
/// </summary>
public static class SoftDirtyBits
{
    private const string Path = "/proc/self/clear_refs";

    /// <summary>Clears the bit of every page of this process. A kernel without these bits does nothing and reports no error.</summary>
    /// <exception cref="LinuxException">There is no such file here.</exception>
    public static void ClearAll()
    {
        using var file = Descriptor.Open(Path, FileAccess.Write);
        Descriptor.Write(file, "4"u8, Path);
    }
}
