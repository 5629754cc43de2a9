using Savevm.Linux.Memory;
using Savevm.Linux.Pagemap;

namespace Savevm.Linux.Userfaultfd;

/// <summary>Tries whether this kernel notes writes to protected pages by itself, and tells which pages were written to.</summary>
public static class AsyncWriteProtectProbe
{
    /// <summary>The features that must be asked for, for memory of every kind.</summary>
    public const UserfaultfdFeatures Needed = UserfaultfdFeatures.WriteProtectAsync
        | UserfaultfdFeatures.WriteProtectUnpopulated | UserfaultfdFeatures.WriteProtectHugetlbfsShmem;

    /// <summary>Why it cannot be used; null when it can. Protects two pages of its own and writes to one.</summary>
    public static string? Run()
    {
        try
        {
            using var descriptor = FaultDescriptor.Open(Needed, true);
            using var pagemap = PagemapFile.Open();
            var pageSize = Environment.SystemPageSize;
            using var pages = MemoryMapping.Anonymous(2 * pageSize, "write protection probe");
            descriptor.Register(pages.Address, pages.Length, UserfaultfdModes.WriteProtect);
            descriptor.WriteProtect(pages.Address, pages.Length, true);
            NativeFill.Fill(pages.Address + pageSize, 1, 1);
            Span<PagemapRegion> regions = stackalloc PagemapRegion[2];
            var count = pagemap.TakeWritten(pages.Address, pages.Address + pages.Length, regions, out _);
            return count == 1 && (nint)regions[0].Start == pages.Address + pageSize ? null : "PAGEMAP_SCAN does not tell which page was written to";
        }
        catch (LinuxException error)
        {
            return Explain(error);
        }
    }

    private static string Explain(LinuxException error) => (error.Call, error.ErrorNumber) switch
    {
        ("userfaultfd", Errno.ENOSYS) => "this kernel was built without userfaultfd",
        ("userfaultfd", Errno.EPERM) => "userfaultfd is not permitted here (a seccomp filter, as containers have)",
        ("UFFDIO_API", Errno.EINVAL) => "this kernel has no asynchronous write protection (Linux 6.7)",
        ("PAGEMAP_SCAN", Errno.ENOTTY) => "this kernel has no PAGEMAP_SCAN (Linux 6.7)",
        _ => error.Message,
    };
}
