using Savevm.Hosting.DirtyTracking;
using Savevm.Hosting.Faults;
using Savevm.Hosting.Ram;
using Savevm.Machine;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Tests.Ram;

public sealed class GuestRamTests : IDisposable
{
    private const int PageSize = RamBlock.PageSize;

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, long, long> Impossible => new()
    {
        { "", PageSize, PageSize },
        { "é", PageSize, PageSize },
        { new string('a', 256), PageSize, PageSize },
        { "ram", -PageSize, PageSize },
        { "ram", PageSize + 1, 2 * PageSize },
        { "ram", 2 * PageSize, PageSize },
        { "ram", PageSize, long.MaxValue },
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Impossible_layouts_are_refused(string idStr, long usedLength, long maxLength) =>
        Assert.Throws<MachineRefusedException>(() => new GuestRam([new RamBlockLayout(idStr, usedLength) { MaxLength = maxLength }]).Dispose());

    [Fact]
    public void Two_blocks_of_one_name_are_refused() =>
        Assert.Throws<MachineRefusedException>(() => new GuestRam([new RamBlockLayout("ram", PageSize), new RamBlockLayout("ram", PageSize)]).Dispose());

    [Fact]
    public void Huge_pages_are_whole_ones_and_neither_tracked_by_the_kernel_nor_missing()
    {
        const int Huge = 2 << 20;
        Assert.Throws<MachineRefusedException>(() => new GuestRam([new RamBlockLayout("ram", Huge + PageSize) { Backing = RamBacking.HugeMemoryFile }]).Dispose());
        Assert.Throws<MachineRefusedException>(
            () => new GuestRam([new RamBlockLayout("ram", Huge) { Backing = RamBacking.HugeMemoryFile, MaxLength = 2 * Huge }]).Dispose());
        GuestRam? made = null;
        var failure = Record.Exception(() => made = new GuestRam([new RamBlockLayout("ram", Huge) { Backing = RamBacking.HugeMemoryFile }]));
        Assert.SkipWhen(failure is Linux.LinuxException, $"no huge page here: {failure?.Message}");
        using var ram = made!;
        Assert.Equal(Huge, ram.Hosted[0].HostPageSize);
        ram.Hosted[0].Memory.WriteByte(Huge - 1, 5);
        ram.Discard(0, 511, 1);
        Assert.Equal(0, ram.Hosted[0].Memory.ReadByte(Huge - 1));
        Assert.Throws<TrackerRefusedException>(() => ram.BeginTracking(everyWrite: false));
        using var missing = new MissingPages(ram);
        if (MissingPages.Refusal() is null) Assert.Throws<MachineRefusedException>(() => missing.Begin(ram.Blocks));
    }

    [Fact]
    public void Numbers_are_written_lowest_byte_first_and_read_back()
    {
        using var ram = new GuestRam([new RamBlockLayout("ram", 2 * PageSize)]);
        var memory = ram.Hosted[0].Memory;
        memory.WriteUInt64(PageSize - 3, 0x8877665544332211);
        var bytes = new byte[8];
        memory.Read(PageSize - 3, bytes);
        Assert.Equal([0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88], bytes);
        Assert.Equal(0x8877665544332211, memory.ReadUInt64(PageSize - 3));
        Assert.Equal(0x55443322u, memory.ReadUInt32(PageSize - 2));
        Assert.Equal(0x3322, memory.ReadUInt16(PageSize - 2));
        memory.WriteByte(0, 7);
        memory.WriteUInt16(1, 0x0908);
        memory.WriteUInt32(3, 0x0d0c0b0a);
        Assert.Equal(0x0d0c0b0a090807u, memory.ReadUInt64(0) & 0x00ffffffffffffff);
        Assert.Equal(7, memory.ReadByte(0));
    }

    [Fact]
    public void Accesses_outside_the_used_length_are_refused()
    {
        using var ram = new GuestRam([new RamBlockLayout("ram", PageSize) { MaxLength = 4 * PageSize }]);
        var memory = ram.Hosted[0].Memory;
        memory.WriteUInt64(PageSize - 8, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.WriteUInt64(PageSize - 7, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.ReadByte(PageSize));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.ReadByte(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.ReadByte(long.MinValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Fill(0, 1, long.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Write(1, new byte[PageSize]));
        ram.Resize(0, 2 * PageSize);
        memory.WriteUInt64(PageSize - 7, 1);
    }

    [Fact]
    public void What_resizing_adds_is_zero_and_what_it_cuts_off_is_gone()
    {
        using var ram = new GuestRam([new RamBlockLayout("ram", 3 * PageSize) { MaxLength = 4 * PageSize }]);
        var memory = ram.Hosted[0].Memory;
        memory.Fill(0, 0xaa, 3 * PageSize);
        ram.Resize(0, PageSize);
        Assert.Equal(PageSize, ram.Blocks[0].UsedLength);
        ram.Resize(0, 4 * PageSize);
        Assert.True(memory.IsZero(PageSize, 3 * PageSize));
        Assert.Equal(0xaa, memory.ReadByte(PageSize - 1));
        Assert.Throws<MachineRefusedException>(() => ram.Resize(0, 5 * PageSize));
        Assert.Throws<MachineRefusedException>(() => ram.Resize(0, 100));
    }

    [Fact]
    public void Resizing_and_unmapping_are_refused_while_writes_are_tracked()
    {
        using var ram = new GuestRam([new RamBlockLayout("ram", PageSize) { MaxLength = 2 * PageSize }]);
        using var tracker = new SoftwareTracker(ram);
        using var second = new SoftwareTracker(ram);
        tracker.Start();
        Assert.Throws<InvalidOperationException>(() => ram.Resize(0, 2 * PageSize));
        Assert.Throws<InvalidOperationException>(ram.Dispose);
        Assert.Throws<InvalidOperationException>(second.Start);
        tracker.Stop();
        ram.Resize(0, 2 * PageSize);
        second.Start();
        Assert.True(ram.IsTracked);
    }

    [Fact]
    public void A_shared_file_has_what_the_machine_wrote_and_a_private_one_has_not()
    {
        var (shared, kept) = (Path.Combine(folder.Path, "shared"), Path.Combine(folder.Path, "kept"));
        File.WriteAllBytes(kept, [.. Enumerable.Repeat((byte)5, PageSize)]);
        using (var ram = new GuestRam(
        [
            new RamBlockLayout("shared", 2 * PageSize) { Backing = RamBacking.SharedFile(shared) },
            new RamBlockLayout("kept", PageSize) { Backing = RamBacking.PrivateFile(kept) },
        ]))
        {
            Assert.Equal(5, ram.Find("kept")!.Memory.ReadByte(17));
            foreach (var block in ram.Hosted) block.Memory.WriteByte(17, 9);
            Assert.Equal(9, ram.Find("kept")!.Memory.ReadByte(17));
        }
        Assert.Equal(2 * PageSize, new FileInfo(shared).Length);
        Assert.Equal(9, File.ReadAllBytes(shared)[17]);
        Assert.Equal(5, File.ReadAllBytes(kept)[17]);
        Assert.Throws<Linux.LinuxException>(
            () => new GuestRam([new RamBlockLayout("kept", 2 * PageSize) { Backing = RamBacking.PrivateFile(kept) }]).Dispose());
    }

    [Fact]
    public void A_stream_whose_blocks_are_not_those_of_the_machine_is_refused()
    {
        using var ram = new GuestRam([new RamBlockLayout("a", PageSize), new RamBlockLayout("b", PageSize) { MaxLength = 2 * PageSize }]);
        Refused("this machine has none", new RamBlock(0, "a", PageSize), new RamBlock(1, "c", PageSize));
        Refused("no RAM block b", new RamBlock(0, "a", PageSize));
        Refused("twice", new RamBlock(0, "a", PageSize), new RamBlock(1, "a", PageSize));
        Refused("4096 at most", new RamBlock(0, "a", 2 * PageSize), new RamBlock(1, "b", PageSize));
        ram.OpenSink().DeclareBlocks([new RamBlock(0, "b", 2 * PageSize), new RamBlock(1, "a", PageSize)]);
        Assert.Equal(2 * PageSize, ram.Find("b")!.UsedLength);

        void Refused(string why, params RamBlock[] blocks) => Assert.Contains(
            why, Assert.Throws<MachineRefusedException>(() => ram.OpenSink().DeclareBlocks(blocks)).Message, StringComparison.Ordinal);
    }
}
