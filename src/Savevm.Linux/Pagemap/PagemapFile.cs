using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Files;

namespace Savevm.Linux.Pagemap;

/// <summary>
/// The page tables of this process: <c>/proc/self/pagemap</c>, its words and the ioctl PAGEMAP_SCAN (kernel 6.7). Calls neither allocate
/// nor move memory. Any thread may call.
/// </summary>
public sealed unsafe class PagemapFile : IDisposable
{
    /// <summary>The bit of a word that says: written to since soft-dirty bits were last cleared.</summary>
    public const ulong SoftDirtyBit = 1UL << 55;

    /// <summary>The bit of a word that says: write-protected by a userfaultfd.</summary>
    public const ulong WriteProtectedBit = 1UL << 57;

    private const string Name = "/proc/self/pagemap";

    // struct pm_scan_arg: twelve words of 64 bits, of which the last four select pages.
    private const nuint ScanRequest = 0xc0606610;
    private const ulong ScanBytes = 96, ProtectMatching = 1, CheckAsync = 2;
    private const int WalkEndIndex = 4;

    private readonly SafeFileHandle handle;

    private PagemapFile(SafeFileHandle handle) => this.handle = handle;

    /// <summary>Opens it.</summary>
    /// <exception cref="LinuxException">There is no such file here.</exception>
    public static PagemapFile Open() => new(Descriptor.Open(Name, FileAccess.Read));

    /// <summary>
    /// Reports the pages of a range that were written to, and in the same step write-protects them again: a write is either in this report
    /// or in a later one. Stops when <paramref name="regions"/> is full; the pages behind are as they were.
    /// </summary>
    /// <param name="start">Address of the first page.</param>
    /// <param name="end">Address behind the last page.</param>
    /// <param name="regions">Where the pages go, in ascending order.</param>
    /// <param name="walkEnd">Where the walk stopped: <paramref name="end"/>, or the place at which to go on.</param>
    /// <returns>The number of regions.</returns>
    /// <exception cref="LinuxException">EPERM: some of the range is not registered for asynchronous write protection.</exception>
    public int TakeWritten(nint start, nint end, Span<PagemapRegion> regions, out nint walkEnd) =>
        Scan(start, end, regions, ProtectMatching | CheckAsync, PageCategories.Written, out walkEnd);

    /// <summary>Reports the pages of a range that are in all of some categories, and changes nothing.</summary>
    /// <inheritdoc cref="TakeWritten"/>
    public int Find(nint start, nint end, PageCategories categories, Span<PagemapRegion> regions, out nint walkEnd) =>
        Scan(start, end, regions, 0, categories, out walkEnd);

    /// <summary>Reads the words of neighbouring pages.</summary>
    /// <param name="address">The first page.</param>
    /// <param name="words">One for each page.</param>
    public void ReadWords(nint address, Span<ulong> words)
    {
        var offset = address / Environment.SystemPageSize * sizeof(ulong);
        fixed (ulong* first = words)
        {
            var total = (nint)words.Length * sizeof(ulong);
            for (nint done = 0; done < total;)
            {
                var count = FileCalls.Read(handle, (byte*)first + done, (nuint)(total - done), offset + done);
                if (count > 0) done += count;
                else if (count == 0) throw new LinuxException(Errno.EINVAL, "pread", Name);
                else if (Marshal.GetLastPInvokeError() != Errno.EINTR) throw LinuxException.Last("pread", Name);
            }
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => handle.Dispose();

    private int Scan(nint start, nint end, Span<PagemapRegion> regions, ulong modes, PageCategories categories, out nint walkEnd)
    {
        fixed (PagemapRegion* first = regions)
        {
            // size, flags, start, end, walk_end, vec, vec_len, max_pages, inverted, mask, any of, returned
            var argument = stackalloc ulong[12]
            {
                ScanBytes, modes, (ulong)start, (ulong)end, 0, (ulong)first, (ulong)regions.Length, 0, 0, (ulong)categories, 0, (ulong)categories,
            };
            // Not repeated when it fails: pages that were protected again before would not be reported a second time.
            var count = PagemapCalls.Control(handle, ScanRequest, (nint)argument);
            if (count < 0) throw LinuxException.Last("PAGEMAP_SCAN", Name);
            walkEnd = (nint)argument[WalkEndIndex];
            return count;
        }
    }
}
