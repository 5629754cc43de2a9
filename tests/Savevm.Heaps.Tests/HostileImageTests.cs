using System.Diagnostics;
using System.IO.Compression;
using Savevm.Heaps.Regions;
using Savevm.Wire;
using Savevm.Wire.Ram;

namespace Savevm.Heaps.Tests;

/// <summary>What an image says of itself costs neither memory nor time: a file of a few hundred bytes, and holes, can say anything.</summary>
public sealed class HostileImageTests : IDisposable
{
    private const long TebibytePages = 1L << 28;

    private readonly MemoryFolder folder = new();

    private string ImagePath => Path.Combine(folder.Path, "web.heap");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_heap_of_tebibytes_with_two_pages_comes_back_at_once()
    {
        new SparseImage([new("index", 3, 1), new("data", TebibytePages, 77, TebibytePages - 1), new("more", 2 * TebibytePages)]).Write(ImagePath);
        using var heap = Cheaply(() => NativeHeap.Load(ImagePath));
        Assert.Equal([3 * 4096, TebibytePages * 4096, 2 * TebibytePages * 4096], heap.Regions.Select(region => region.Length));
        AssertPage(heap["index"], 1);
        AssertPage(heap["data"], 77);
        AssertPage(heap["data"], TebibytePages - 1);
        Assert.False(heap["data"].Slice(78 * 4096, 1 << 20).ContainsAnyExcept((byte)0));
        Assert.Equal(3UL, heap.SnapshotCount);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(5000)]
    [InlineData((1 << 22) + 3)]
    [InlineData((1 << 25) + 1)]
    public void Pages_are_found_whatever_the_length_of_their_region(long pageCount)
    {
        long[] pages = [.. ((long[])[0, 7, 8, 1023, 1024, 1025, 2047, 2048, 4999, pageCount / 2, pageCount - 2, pageCount - 1])
            .Where(page => page >= 0 && page < pageCount).Distinct().Order()];
        new SparseImage([new("before", 2, 1), new("data", pageCount, pages), new("behind", 1500, 1030)]).Write(ImagePath);
        using var heap = NativeHeap.Load(ImagePath);
        foreach (var page in pages) AssertPage(heap["data"], page);
        AssertPage(heap["before"], 1);
        AssertPage(heap["behind"], 1030);
        foreach (var page in pages.Select(page => page + 1).Where(page => page < pageCount).Except(pages))
            Assert.False(heap["data"].Slice(page * 4096, 4096).ContainsAnyExcept((byte)0), $"page {page}");
    }

    [Fact]
    public void A_hole_behind_the_regions_is_not_searched_for_their_end()
    {
        new SparseImage([new("data", 16, 3)], hole: 8UL << 30).Write(ImagePath);
        AssertRefused("bytes behind the regions");
    }

    [Fact]
    public void A_page_within_the_stream_is_not_lost_without_a_word()
    {
        var writer = new WireWriter();
        Span<byte> record = stackalloc byte[RamRecordWriter.MaxPageHeaderBytes + 8];
        writer.WriteBytes(record[..RamRecordWriter.WriteZeroPage(record, 0x3000, "data"u8)]);
        new SparseImage([new("data", 16, 3)], records: writer.WrittenSpan.ToArray()).Write(ImagePath);
        AssertRefused("a page that does not lie at its place");
    }

    [Fact]
    public void An_image_inside_of_something_is_not_unpacked()
    {
        new SparseImage([new("data", 16, 3)]).Write(ImagePath + ".plain");
        using (var packed = new GZipStream(File.Create(ImagePath), CompressionLevel.Fastest))
        {
            using var plain = File.OpenRead(ImagePath + ".plain");
            plain.CopyTo(packed);
        }
        AssertRefused("gzip");
        using (var made = Process.Start("mkfifo", ImagePath + ".pipe")) made.WaitForExit();
        Assert.Contains("no regular file", Assert.Throws<HeapImageException>(() => NativeHeap.Load(ImagePath + ".pipe")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_machine_is_named_before_anything_else_of_it()
    {
        new SparseImage([new("data", 16, 3)], machine: "pc-i440fx-10.0", hole: 8UL << 30).Write(ImagePath);
        AssertRefused("'pc-i440fx-10.0'");
    }

    [Fact]
    public void A_file_that_is_too_short_for_what_it_says_is_refused_before_memory_is_taken()
    {
        foreach (var pages in (long[])[16, TebibytePages, 64 * TebibytePages])
        {
            var image = new SparseImage([new("data", pages, 3)]);
            image.Write(ImagePath, length: 1 << 20);
            AssertRefused("the file ends before");
        }
        new SparseImage([new("data", 65 * TebibytePages)]).Write(ImagePath, length: 1 << 20);
        AssertRefused("RAM of 0x");
        new SparseImage([.. Enumerable.Range(0, 300).Select(number => new SparseRegion($"region {number}", 1))], alignment: 4096).Write(ImagePath);
        AssertRefused("256 at most");
        new SparseImage([.. Enumerable.Range(0, 5000).Select(number => new SparseRegion($"region {number}", 1))], alignment: 4096).Write(ImagePath);
        AssertRefused("more than 4096");
        new SparseImage([new("data", 20 * TebibytePages)]).Write(ImagePath);
        AssertRefused("at most");
    }

    [Theory]
    [InlineData(0, 0, "'data', which a heap has not")]
    [InlineData(8, 1 << 20, "bitmap at")]
    [InlineData(1 << 20, 1 << 20, "pages at")]
    [InlineData(1 << 20, (1 << 20) + 1, "pages at")]
    [InlineData(1 << 20, 1L << 40, "the file ends before")]
    [InlineData(1L << 40, (1L << 40) + 4096, "the file ends before")]
    [InlineData(1 << 20, 1L << 62, "the file ends before")]
    [InlineData(1 << 20, long.MaxValue - 4095, "pages at")]
    [InlineData(long.MaxValue - 8191, long.MaxValue - 4095, "bitmap at")]
    [InlineData(-8192, -4096, "bitmap at")]
    public void A_place_where_nothing_can_be_is_refused(long bitmap, long pages, string words)
    {
        new SparseImage([new("data", 16, 3) { Place = new MappedRamHeader((ulong)bitmap, (ulong)pages) }]).Write(ImagePath);
        AssertRefused(words);
    }

    [Fact]
    public void Regions_that_share_a_place_are_refused()
    {
        new SparseImage([new("first", 16, 3), new("second", 16, 3) { Place = new MappedRamHeader(1 << 20, 2 << 20) }]).Write(ImagePath);
        AssertRefused("bitmap at");
    }

    private static void AssertPage(HeapRegion region, long page)
    {
        Assert.Equal(SparseRegion.FirstByteOf(page), region.Slice(page * 4096, 1)[0]);
        Assert.Equal(7, region.Slice((page * 4096) + 1, 1)[0]);
        Assert.False(region.Slice((page * 4096) + 2, 4094).ContainsAnyExcept((byte)0));
    }

    private void AssertRefused(string words)
    {
        var refused = Cheaply(() => Assert.Throws<HeapImageException>(() => NativeHeap.Load(ImagePath)));
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Equal(ImagePath, refused.Path);
    }

    /// <summary>Neither memory that grows with what the image says, nor time that a person would notice.</summary>
    private static T Cheaply<T>(Func<T> load)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var begun = Stopwatch.GetTimestamp();
        var result = load();
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 8 << 20);
        Assert.InRange(Stopwatch.GetElapsedTime(begun).TotalSeconds, 0, 10);
        return result;
    }
}
