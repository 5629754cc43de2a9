using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Repository.Check;
using Savevm.Repository.Tests.Kills;

namespace Savevm.Repository.Tests.WorkingSets;

/// <summary>The working set beside a real snapshot.</summary>
public sealed class WorkingSetStoreTests : IDisposable
{
    private readonly TemporaryRepository temporary = new();

    public WorkingSetStoreTests() => SampleSnapshot.Write(temporary.Repository, "web");

    private string FilePath => Path.Combine(temporary.Path, "web", "working-set.bin");

    private string NextPath => FilePath + ".new";

    public void Dispose() => temporary.Dispose();

    [Fact]
    public void It_appears_with_the_first_pages_and_grows_over_resumes()
    {
        using var snapshot = temporary.Repository.Find("web");
        Assert.Null(snapshot.ReadWorkingSet());
        snapshot.AddToWorkingSet([new(0, 3), new(1, 2)], isNewResume: true);
        snapshot.AddToWorkingSet([new(2, 0)], isNewResume: false);
        snapshot.AddToWorkingSet([new(0, 39), new(1, 2)], isNewResume: true);

        using var again = temporary.Repository.Find("web");
        var set = again.ReadWorkingSet()!;
        Assert.Equal((4, 4 * 4096L, 2L), (set.PageCount, set.Bytes, set.ResumeCount));
        var pages = set.FirstPages(3);
        Assert.True(pages.Contains(0, 3) && pages.Contains(1, 2) && pages.Contains(2, 0) && !pages.Contains(0, 39));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        Assert.False(File.Exists(NextPath));
        Assert.Empty(Check());
    }

    [Fact]
    public void A_snapshot_that_is_renamed_meanwhile_gets_it_and_one_that_is_removed_does_not()
    {
        using var snapshot = temporary.Repository.Find("web");
        temporary.Repository.Rename("web", "other");
        snapshot.AddToWorkingSet([new(0, 3)], isNewResume: true);
        using (var renamed = temporary.Repository.Find("other")) Assert.Equal(1, renamed.ReadWorkingSet()!.PageCount);
        temporary.Repository.Remove("other");
        Assert.ThrowsAny<IOException>(() => snapshot.AddToWorkingSet([new(0, 4)], isNewResume: false));
        Assert.Empty(temporary.Entries);
    }

    [Fact]
    public async Task Resumes_that_add_at_once_lose_nothing()
    {
        const int resumes = 8, pages = 40;
        await Task.WhenAll(Enumerable.Range(0, resumes).Select(resume => Task.Run(() =>
        {
            // Each as a process of its own would: with its own open snapshot.
            using var repository = SnapshotRepository.Open(temporary.Path, create: false);
            using var snapshot = repository.Find("web");
            for (var page = 0; page < pages; page += 10)
                snapshot.AddToWorkingSet([.. Enumerable.Range(page, 10).Select(one => new PageAddress(0, one))], isNewResume: page == 0);
        })));
        using var read = temporary.Repository.Find("web");
        var set = read.ReadWorkingSet()!;
        Assert.Equal((pages, (long)resumes), (set.PageCount, set.ResumeCount));
        Assert.All(set.Entries.ToArray(), entry => Assert.Equal(resumes, entry.ResumeCount));
        Assert.False(File.Exists(NextPath));
    }

    [Fact]
    public void A_removal_beside_resumes_that_add_succeeds()
    {
        using var snapshot = temporary.Repository.Find("web");
        using var begun = new ManualResetEventSlim();
        var adding = new Thread(() =>
        {
            try
            {
                for (var page = 0; ; page = (page + 1) % 40)
                {
                    snapshot.AddToWorkingSet([new(0, page)], isNewResume: false);
                    begun.Set();
                }
            }
            catch (IOException)
            {
                // The snapshot is gone.
            }
        });
        adding.IsBackground = true;
        adding.Start();
        begun.Wait(TestContext.Current.CancellationToken);
        temporary.Repository.Remove("web");
        Assert.True(adding.Join(TimeSpan.FromSeconds(20)));
        Assert.Empty(temporary.Entries);
    }

    [Fact]
    public void A_writer_that_is_killed_leaves_a_whole_one()
    {
        for (var kill = 0; kill < 6; kill++)
        {
            using var child = ChildProcess.Start(nameof(ChildOrders.AddToWorkingSetForEver), temporary.Path);
            Assert.Equal("added web", child.StandardOutput.ReadLine());
            Thread.Sleep(10 + (kill * 7));
            child.Kill();
            child.WaitForExit();
            using var snapshot = temporary.Repository.Find("web");
            Assert.True(snapshot.ReadWorkingSet()!.PageCount > 0);
            // What it may have left is nobody's, and in nobody's way.
            snapshot.AddToWorkingSet([new(1, kill)], isNewResume: true);
            Assert.False(File.Exists(NextPath));
        }
        Assert.Empty(Check());
    }

    [Fact]
    public void A_damaged_one_is_reported_not_used_and_replaced()
    {
        using var snapshot = temporary.Repository.Find("web");
        snapshot.AddToWorkingSet([new(0, 3), new(0, 4)], isNewResume: true);
        var bytes = File.ReadAllBytes(FilePath);
        bytes[70] ^= 1;
        File.WriteAllBytes(FilePath, bytes);
        Assert.Throws<DamagedStateException>(() => snapshot.ReadWorkingSet());
        var finding = Assert.Single(Check());
        Assert.False(finding.IsDamage);
        Assert.Equal("working-set.bin: does not match its checksum; resumes do without it", finding.Message);
        snapshot.AddToWorkingSet([new(0, 9)], isNewResume: true);
        Assert.Equal((1, 1L), (snapshot.ReadWorkingSet()!.PageCount, snapshot.ReadWorkingSet()!.ResumeCount));
        Assert.Empty(Check());
    }

    [Fact]
    public void One_that_strayed_here_from_another_snapshot_is_reported_and_not_used()
    {
        using (var writer = temporary.Repository.BeginSnapshot("other"))
        {
            writer.Ram.DeclareBlocks(SampleSnapshot.Blocks);
            writer.Devices.AcceptDevices(SampleSnapshot.Devices);
            writer.Commit(SampleSnapshot.Facts, CancellationToken.None);
        }
        using (var other = temporary.Repository.Find("other")) other.AddToWorkingSet([new(0, 3)], isNewResume: true);
        File.Move(Path.Combine(temporary.Path, "other", "working-set.bin"), FilePath);
        using var snapshot = temporary.Repository.Find("web");
        Assert.Contains("belongs to another snapshot", Assert.Throws<DamagedStateException>(() => snapshot.ReadWorkingSet()).Message, StringComparison.Ordinal);
        Assert.Contains("belongs to another snapshot", Assert.Single(Check()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_a_newer_version_wrote_is_left_alone()
    {
        using var snapshot = temporary.Repository.Find("web");
        snapshot.AddToWorkingSet([new(0, 3)], isNewResume: true);
        var bytes = File.ReadAllBytes(FilePath);
        bytes[8] = 2;
        File.WriteAllBytes(FilePath, bytes);
        Assert.Throws<UnsupportedFormatException>(() => snapshot.ReadWorkingSet());
        Assert.Throws<UnsupportedFormatException>(() => snapshot.AddToWorkingSet([new(0, 4)], isNewResume: true));
        Assert.Equal(bytes, File.ReadAllBytes(FilePath));
        Assert.False(File.Exists(NextPath));
    }

    [Fact]
    public void A_file_that_is_too_long_is_not_read()
    {
        using (var file = File.Create(FilePath)) file.SetLength(1L << 40);
        using var snapshot = temporary.Repository.Find("web");
        Assert.Contains("has 1099511627776 bytes", Assert.Throws<DamagedStateException>(() => snapshot.ReadWorkingSet()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_file_is_neither_read_nor_written()
    {
        using var snapshot = temporary.Repository.Find("web");
        Directory.CreateDirectory(FilePath);
        Assert.Throws<DamagedStateException>(() => snapshot.ReadWorkingSet());
        Directory.CreateDirectory(NextPath);
        Assert.ThrowsAny<IOException>(() => snapshot.AddToWorkingSet([new(0, 3)], isNewResume: true));
        Directory.Delete(NextPath);
        File.CreateSymbolicLink(NextPath, Path.Combine(temporary.Path, "elsewhere"));
        Assert.ThrowsAny<IOException>(() => snapshot.AddToWorkingSet([new(0, 3)], isNewResume: true));
        Assert.False(File.Exists(Path.Combine(temporary.Path, "elsewhere")));
    }

    [Fact]
    public void A_full_disk_leaves_the_old_one()
    {
        using var snapshot = temporary.Repository.Find("web");
        snapshot.AddToWorkingSet([new(0, 3)], isNewResume: true);
        using var child = ChildProcess.Start(nameof(ChildOrders.AddToWorkingSetOnAFullDisk), temporary.Path);
        Assert.Matches("^refused .*working-set.bin.new: File too large", child.StandardOutput.ReadToEnd());
        child.WaitForExit();
        Assert.Equal(1, snapshot.ReadWorkingSet()!.PageCount);
        Assert.False(File.Exists(NextPath));
    }

    [Fact]
    public void What_root_writes_belongs_to_the_owner_of_the_snapshot()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can give a file away");
        Assert.Equal(0, NativeOwner.Change(Path.Combine(temporary.Path, "web"), 12345, 54321));
        using var snapshot = temporary.Repository.Find("web");
        snapshot.AddToWorkingSet([new(0, 3)], isNewResume: true);
        using var directory = Savevm.Linux.Files.LinuxDirectory.Open(Path.Combine(temporary.Path, "web"));
        var status = directory.StatusOf("working-set.bin")!.Value;
        Assert.Equal((12345u, 54321u), (status.UserId, status.GroupId));
    }

    private IReadOnlyList<Finding> Check() => SnapshotChecker.Check(temporary.Repository, "web", readData: true, null, CancellationToken.None);
}
