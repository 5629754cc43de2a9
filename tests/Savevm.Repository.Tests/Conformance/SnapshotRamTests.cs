using Savevm.Machine.Ram;
using Savevm.Repository.Snapshots;

namespace Savevm.Repository.Tests.Conformance;

/// <summary>A snapshot as a sink and source of RAM.</summary>
public sealed class SnapshotRamTests : RamConformance, IDisposable
{
    private readonly TemporaryRepository temporary = new();

    public void Dispose() => temporary.Dispose();

    protected override IRamRoundTrip Open() => new SnapshotRoundTrip(temporary.Repository);

    protected override void AfterProperty(IRamRoundTrip roundTrip, int dataPages)
    {
        var snapshot = ((SnapshotRoundTrip)roundTrip).Snapshot!;
        snapshot.VerifyRam(null, CancellationToken.None);
        Assert.Equal((long)dataPages * RamBlock.PageSize, snapshot.Manifest.DataBytes);
    }

    [Fact]
    public void A_whole_chunk_of_zeros_sent_as_data_becomes_a_hole()
    {
        using var trip = new SnapshotRoundTrip(temporary.Repository);
        using var zeros = new Linux.Memory.NativeBuffer(RamBlock.PageSize, RamBlock.PageSize);
        zeros.Clear();
        trip.Sink.DeclareBlocks([new RamBlock(0, "main", 32 * RamBlock.PageSize)]);
        using (var writer = trip.Sink.OpenWriter())
        {
            for (var page = 0; page < 32; page++) writer.WritePage(0, page, zeros.Span);
            writer.Flush();
        }
        trip.Complete();
        Assert.Equal(0, trip.Snapshot!.Manifest.DataBytes);
    }

    [Fact]
    public void Pages_that_were_not_flushed_cannot_be_lost_silently()
    {
        using var trip = new SnapshotRoundTrip(temporary.Repository);
        using var pool = new PagePool(1);
        trip.Sink.DeclareBlocks([new RamBlock(0, "main", 32 * RamBlock.PageSize)]);
        using (var writer = trip.Sink.OpenWriter()) writer.WritePage(0, 0, pool.Next(1));
        Assert.Throws<IOException>(() => trip.Complete());
    }

    [Fact]
    public void An_open_writer_prevents_sealing()
    {
        using var writer = temporary.Repository.BeginSnapshot("web");
        writer.Ram.DeclareBlocks([new RamBlock(0, "main", 32 * RamBlock.PageSize)]);
        using (writer.Ram.OpenWriter()) Assert.Throws<InvalidOperationException>(() => writer.SealPages(CancellationToken.None));
        writer.SealPages(CancellationToken.None);
        Assert.Throws<InvalidOperationException>(() => writer.Ram.OpenWriter());
    }

    [Theory]
    [InlineData(-4096)]
    [InlineData(4097)]
    [InlineData(RepositoryLimits.RamBlockBytes + 4096)]
    [InlineData(long.MaxValue)]
    public void Impossible_block_lengths_are_refused(long length)
    {
        using var writer = temporary.Repository.BeginSnapshot("web");
        Assert.Throws<Machine.MachineRefusedException>(() => writer.Ram.DeclareBlocks([new RamBlock(0, "main", length)]));
    }

    [Fact]
    public void A_block_of_a_hostile_length_reserves_next_to_nothing()
    {
        using var writer = temporary.Repository.BeginSnapshot("web");
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            writer.Ram.DeclareBlocks([new RamBlock(0, "main", RepositoryLimits.RamBlockBytes - (1L << 30))]);
        }
        catch (Linux.LinuxException)
        {
            // The file system has a lower limit than ours; also good.
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Theory]
    [InlineData("")]
    [InlineData("é")]
    public void Impossible_block_names_are_refused(string name)
    {
        using var writer = temporary.Repository.BeginSnapshot("web");
        Assert.Throws<Machine.MachineRefusedException>(() => writer.Ram.DeclareBlocks([new RamBlock(0, name, 4096)]));
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("a\0b")]
    public void Block_names_never_become_file_names(string name)
    {
        using (var writer = temporary.Repository.BeginSnapshot("web"))
        {
            writer.Ram.DeclareBlocks([new RamBlock(0, name, 4096)]);
            writer.Devices.AcceptDevices(SampleSnapshot.Devices);
            writer.Commit(SampleSnapshot.Facts, CancellationToken.None);
        }
        Assert.Equal(["web"], temporary.Entries);
        Assert.Equal(
            ["00.img", "00.sum"],
            Directory.EnumerateFileSystemEntries(Path.Combine(temporary.Path, "web", "ram")).Select(Path.GetFileName).Order());
        using var snapshot = temporary.Repository.Find("web");
        Assert.Equal(name, snapshot.Ram.Blocks[0].IdStr);
    }

    private sealed class SnapshotRoundTrip(SnapshotRepository repository) : IRamRoundTrip
    {
        private readonly string name = $"s{Guid.NewGuid():N}";
        private SnapshotWriter? writer;

        internal Snapshot? Snapshot { get; private set; }

        public IRamSink Sink => (writer ??= repository.BeginSnapshot(name)).Ram;

        public IRamSource Complete()
        {
            writer!.Devices.AcceptDevices(SampleSnapshot.Devices);
            writer.Commit(SampleSnapshot.Facts, CancellationToken.None);
            Snapshot = repository.Find(name);
            Snapshot.VerifyLayout();
            return Snapshot.Ram;
        }

        public void Dispose()
        {
            Snapshot?.Dispose();
            writer?.Dispose();
        }
    }
}
