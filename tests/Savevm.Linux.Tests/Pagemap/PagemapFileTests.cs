using Savevm.Linux.Memory;
using Savevm.Linux.Pagemap;
using Savevm.Linux.Userfaultfd;

namespace Savevm.Linux.Tests.Pagemap;

/// <summary>The kernel's numbers, held to what the running kernel does when it is given them.</summary>
public sealed class PagemapFileTests
{
    private static readonly int PageSize = Environment.SystemPageSize;

    [Fact]
    public void Written_pages_are_taken_once_and_the_walk_goes_on_where_it_stopped()
    {
        Assert.SkipWhen(AsyncWriteProtectProbe.Run() is not null, AsyncWriteProtectProbe.Run() ?? "");
        using var memory = MemoryMapping.Anonymous(64 * PageSize, "test");
        using var descriptor = FaultDescriptor.Open(AsyncWriteProtectProbe.Needed, true);
        using var pagemap = PagemapFile.Open();
        descriptor.Register(memory.Address, memory.Length, UserfaultfdModes.WriteProtect);
        descriptor.WriteProtect(memory.Address, memory.Length, true);
        foreach (var page in new[] { 3, 4, 9, 20 }) NativeFill.Fill(memory.Address + (page * PageSize), 1, 1);
        var regions = new PagemapRegion[2];
        var end = memory.Address + memory.Length;
        Assert.Equal(2, pagemap.TakeWritten(memory.Address, end, regions, out var walkEnd));
        Assert.Equal([(3L, 5L), (9L, 10L)], regions.Select(region => (Page(region.Start), Page(region.End))));
        Assert.All(regions, region => Assert.Equal(PageCategories.Written, region.Categories));
        Assert.InRange(Page((ulong)walkEnd), 10, 20);
        Assert.Equal(1, pagemap.TakeWritten(walkEnd, end, regions, out walkEnd));
        Assert.Equal(end, walkEnd);
        Assert.Equal(20, Page(regions[0].Start));
        Assert.Equal(0, pagemap.TakeWritten(memory.Address, end, regions, out _));
        var words = new ulong[2];
        pagemap.ReadWords(memory.Address + (4 * PageSize), words);
        Assert.NotEqual(0ul, words[0] & PagemapFile.WriteProtectedBit);
        NativeFill.Fill(memory.Address + (4 * PageSize), 2, 1);
        pagemap.ReadWords(memory.Address + (4 * PageSize), words);
        Assert.Equal(0ul, words[0] & PagemapFile.WriteProtectedBit);

        long Page(ulong address) => (long)((nint)address - memory.Address) / PageSize;
    }

    [Fact]
    public void Memory_that_is_not_registered_is_an_error_and_not_clean()
    {
        Assert.SkipWhen(AsyncWriteProtectProbe.Run() is not null, AsyncWriteProtectProbe.Run() ?? "");
        using var memory = MemoryMapping.Anonymous(4 * PageSize, "test");
        using var pagemap = PagemapFile.Open();
        NativeFill.Fill(memory.Address, 1, memory.Length);
        var error = Assert.Throws<LinuxException>(() => pagemap.TakeWritten(memory.Address, memory.Address + memory.Length, new PagemapRegion[2], out _));
        Assert.Equal(Errno.EPERM, error.ErrorNumber);
        Assert.Equal(1, pagemap.Find(memory.Address, memory.Address + memory.Length, PageCategories.Present, new PagemapRegion[2], out _));
    }

    [Fact]
    public void Soft_dirty_bits_are_there_exactly_when_the_probe_says_so()
    {
        Assert.SkipWhen(SoftDirtyProbe.Run() is not null, SoftDirtyProbe.Run() ?? "");
        using var memory = MemoryMapping.Anonymous(2 * PageSize, "test");
        using var pagemap = PagemapFile.Open();
        NativeFill.Fill(memory.Address, 1, memory.Length);
        SoftDirtyBits.ClearAll();
        NativeFill.Fill(memory.Address, 2, 1);
        var words = new ulong[2];
        pagemap.ReadWords(memory.Address, words);
        Assert.Equal([true, false], words.Select(word => (word & PagemapFile.SoftDirtyBit) != 0));
    }
}
