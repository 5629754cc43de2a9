using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Repository.Check;

namespace Savevm.Repository.Tests.Check;

/// <summary>Whatever happens to a file of a snapshot is noticed, and no wrong byte is served.</summary>
public sealed class DamageTests : IDisposable
{
    private static readonly RamBlock[] Blocks = [new(0, "main", 20 * RamBlock.PageSize), new(1, "rom", RamBlock.PageSize)];

    private readonly TemporaryRepository temporary = new();

    public DamageTests()
    {
        using var writer = temporary.Repository.BeginSnapshot("web");
        using var pool = new PagePool(4);
        writer.Ram.DeclareBlocks(Blocks);
        using (var pages = writer.Ram.OpenWriter())
        {
            // The first 64 KiB hold one page of data, the last four pages (a short chunk) are a hole.
            pages.WritePage(0, 2, pool.Next(1));
            pages.WritePage(1, 0, pool.Next(2));
            pages.Flush();
        }
        writer.Devices.AcceptDevices(SampleSnapshot.Devices);
        writer.Commit(SampleSnapshot.Facts, CancellationToken.None);
    }

    public void Dispose() => temporary.Dispose();

    [Theory]
    [InlineData("manifest.json")]
    [InlineData("devices.bin")]
    [InlineData("description.json")]
    [InlineData("ram/00.sum")]
    [InlineData("ram/01.sum")]
    public void Every_flipped_bit_outside_RAM_is_noticed_before_anything_runs(string name)
    {
        using var file = OpenForDamage(name);
        var bytes = new byte[1];
        for (var bit = 0L; bit < file.Length * 8; bit++)
        {
            Flip(file, bit, bytes);
            var problem = Record.Exception(VerifyLayoutAndSums);
            Assert.True(problem is DamagedStateException or UnsupportedFormatException, $"bit {bit} of {name}: {problem}");
            Flip(file, bit, bytes);
        }
        VerifyLayoutAndSums();
    }

    [Theory]
    [InlineData("ram/00.img", 0)]
    [InlineData("ram/01.img", 1)]
    public void Every_flipped_bit_of_RAM_is_noticed_and_not_served(string name, int block)
    {
        using var snapshot = temporary.Repository.Find("web");
        using var file = OpenForDamage(name);
        var source = snapshot.Ram;
        var bytes = new byte[1];
        var pristine = File.ReadAllBytes(PathOf(name));
        // Every bit of the page with data and of its neighbours; of the other zeros every 61st.
        for (var bit = 0L; bit < file.Length * 8; bit += bit is >= 4096 * 8 and < 4 * 4096 * 8 || block == 1 ? 1 : 61)
        {
            Flip(file, bit, bytes);
            Assert.Throws<DamagedStateException>(() => snapshot.VerifyRam(null, CancellationToken.None));
            if (bit % 5 == 0) AssertNothingWrongIsServed(source, block, pristine, bit);
            Flip(file, bit, bytes);
        }
        snapshot.VerifyRam(null, CancellationToken.None);
    }

    [Theory]
    [InlineData("manifest.json")]
    [InlineData("devices.bin")]
    [InlineData("description.json")]
    [InlineData("ram/00.sum")]
    [InlineData("ram/00.img")]
    [InlineData("ram/01.img")]
    public void Every_shorter_or_longer_file_is_noticed(string name)
    {
        var bytes = File.ReadAllBytes(PathOf(name));
        var step = Math.Max(1, bytes.Length / 500);
        for (var length = 0; length < bytes.Length; length += step)
        {
            File.WriteAllBytes(PathOf(name), bytes[..length]);
            Assert.Throws<DamagedStateException>(VerifyLayoutAndSums);
        }
        File.WriteAllBytes(PathOf(name), [.. bytes, 0]);
        Assert.Throws<DamagedStateException>(VerifyLayoutAndSums);
        File.WriteAllBytes(PathOf(name), bytes);
        VerifyLayoutAndSums();
    }

    [Theory]
    [InlineData("manifest.json")]
    [InlineData("devices.bin")]
    [InlineData("description.json")]
    [InlineData("ram/00.sum")]
    [InlineData("ram/01.img")]
    public void A_file_that_is_missing_or_no_file_is_noticed(string name)
    {
        var path = PathOf(name);
        File.Move(path, path + ".away");
        Assert.Throws<DamagedStateException>(VerifyLayoutAndSums);
        Directory.CreateDirectory(path);
        Assert.Throws<DamagedStateException>(VerifyLayoutAndSums);
        Directory.Delete(path);
        File.CreateSymbolicLink(path, path + ".away");
        Assert.Throws<DamagedStateException>(VerifyLayoutAndSums);
        File.Delete(path);
        File.Move(path + ".away", path);
        VerifyLayoutAndSums();
    }

    [Fact]
    public void Checksums_of_another_snapshot_are_noticed()
    {
        SampleSnapshot.Write(temporary.Repository, "other");
        File.Copy(Path.Combine(temporary.Path, "other", "ram", "02.sum"), PathOf("ram/01.sum"), overwrite: true);
        Assert.Throws<DamagedStateException>(VerifyLayoutAndSums);
    }

    [Fact]
    public void An_image_that_is_cut_off_while_it_is_served_is_noticed()
    {
        using var snapshot = temporary.Repository.Find("web");
        using var reader = snapshot.Ram.OpenReader();
        using (var file = OpenForDamage("ram/00.img")) file.SetLength(8192);
        Assert.Throws<DamagedStateException>(() => _ = reader.Read(0, 2, 1).PageCount);
        Assert.Throws<DamagedStateException>(() => snapshot.VerifyRam(null, CancellationToken.None));
    }

    [Fact]
    public void A_reader_that_met_damage_serves_nothing_of_it_later_either()
    {
        using var snapshot = temporary.Repository.Find("web");
        using var reader = snapshot.Ram.OpenReader();
        using (var file = OpenForDamage("ram/00.img")) Flip(file, (2 * 4096 + 100) * 8, new byte[1]);
        for (var attempt = 0; attempt < 2; attempt++)
            for (var page = 0; page < 16; page++)
                Assert.Throws<DamagedStateException>(() => _ = reader.Read(0, page, 1).PageCount);
        Assert.True(reader.Read(0, 16, 4).IsZero);
    }

    [Fact]
    public void The_check_of_a_whole_snapshot_finds_nothing()
    {
        Assert.Empty(Check(readData: true));
        Assert.Empty(Check(readData: false));
    }

    [Fact]
    public void The_check_reports_every_defect_and_what_does_not_belong()
    {
        using (var file = OpenForDamage("devices.bin")) Flip(file, 100, new byte[1]);
        using (var file = OpenForDamage("description.json")) Flip(file, 9, new byte[1]);
        using (var file = OpenForDamage("ram/00.img"))
        {
            Flip(file, 2 * 4096 * 8, new byte[1]);
            Flip(file, 18 * 4096 * 8, new byte[1]);
        }
        using (var file = OpenForDamage("ram/01.sum")) Flip(file, 70 * 8, new byte[1]);
        File.WriteAllText(PathOf("notes.txt"), "mine");
        File.WriteAllText(PathOf("ram/07.img"), "");

        var quick = Check(readData: false);
        Assert.Equal(["description.json", "devices.bin", "ram/01.sum (rom)"], Items(quick, isDamage: true));
        Assert.Equal(["notes.txt", "ram/07.img"], Items(quick, isDamage: false));
        var thorough = Check(readData: true);
        Assert.Equal(
            ["description.json", "devices.bin", "ram/00.img (main)", "ram/00.img (main)", "ram/01.sum (rom)"],
            Items(thorough, isDamage: true));
        Assert.Equal([0, 65536], thorough.Where(finding => finding.Item == "ram/00.img (main)").Select(finding => finding.Offset));
    }

    [Fact]
    public void Damaged_snapshots_are_listed_and_can_be_removed()
    {
        Directory.CreateDirectory(Path.Combine(temporary.Path, "empty"));
        Directory.CreateDirectory(Path.Combine(temporary.Path, "nonsense"));
        File.WriteAllText(Path.Combine(temporary.Path, "nonsense", "manifest.json"), "nonsense");
        File.WriteAllText(Path.Combine(temporary.Path, "a-file"), "");
        Directory.CreateSymbolicLink(Path.Combine(temporary.Path, "a-link"), "/");

        var entries = temporary.Repository.List();
        Assert.Equal(["empty", "nonsense", "web"], entries.Select(entry => entry.Name));
        Assert.Equal([true, true, false], entries.Select(entry => entry.IsDamaged));
        Assert.All(entries.Take(2), entry => Assert.NotEmpty(entry.Problem!));
        Assert.Throws<DamagedStateException>(() => temporary.Repository.Find("empty"));
        Assert.Throws<SnapshotNotFoundException>(() => temporary.Repository.Find("a-link"));
        temporary.Repository.Remove("empty");
        temporary.Repository.Remove("nonsense");
        Assert.Throws<SnapshotNotFoundException>(() => temporary.Repository.Remove("a-link"));
        Assert.Equal(["a-file", "a-link", "web"], temporary.Entries.Order());
    }

    private static void Flip(FileStream file, long bit, byte[] bytes)
    {
        RandomAccess.Read(file.SafeFileHandle, bytes, bit / 8);
        bytes[0] ^= (byte)(1 << (int)(bit % 8));
        RandomAccess.Write(file.SafeFileHandle, bytes, bit / 8);
    }

    /// <summary>A reader either refuses or serves what was saved: damage in a hole, which it does not read, is served as the zeros it was.</summary>
    private static void AssertNothingWrongIsServed(IRamSource source, int block, byte[] pristine, long bit)
    {
        using var reader = source.OpenReader();
        for (long page = 0; page < source.Blocks[block].PageCount; page++)
        {
            try
            {
                var run = reader.Read(block, page, 1);
                var expected = pristine.AsSpan((int)page * RamBlock.PageSize, RamBlock.PageSize);
                var same = run.IsZero ? !expected.ContainsAnyExcept((byte)0) : run.Bytes.SequenceEqual(expected);
                Assert.True(same, $"page {page} is wrong after bit {bit} was flipped");
            }
            catch (DamagedStateException)
            {
                Assert.Equal(bit / 8 / 65536, page / 16);
            }
        }
    }

    private static IEnumerable<string> Items(IReadOnlyList<Finding> findings, bool isDamage) =>
        findings.Where(finding => finding.IsDamage == isDamage).Select(finding => finding.Item).Order(StringComparer.Ordinal);

    private IReadOnlyList<Finding> Check(bool readData) =>
        SnapshotChecker.Check(temporary.Repository, "web", readData, null, CancellationToken.None);

    private void VerifyLayoutAndSums()
    {
        using var snapshot = temporary.Repository.Find("web");
        snapshot.VerifyLayout();
        // The groups of checksums are checked when they are first used.
        using var reader = snapshot.Ram.OpenReader();
        for (var block = 0; block < Blocks.Length; block++)
            for (var page = 0; page < Blocks[block].PageCount; page += 16) _ = reader.Read(block, page, 1).PageCount;
    }

    private string PathOf(string name) => Path.Combine(temporary.Path, "web", name);

    private FileStream OpenForDamage(string name) => new(PathOf(name), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
}
