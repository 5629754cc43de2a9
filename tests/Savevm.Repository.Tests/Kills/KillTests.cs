using Savevm.Repository.Check;

namespace Savevm.Repository.Tests.Kills;

public sealed class KillTests : IDisposable
{
    private const int Kills = 15;

    private readonly string path = Directory.CreateTempSubdirectory("savevm-test-").FullName;

    public void Dispose() => Directory.Delete(path, recursive: true);

    [Fact]
    public void A_writer_that_is_killed_leaves_whole_snapshots_and_nothing_else()
    {
        var random = new Random(20240229);
        var leftoversSeen = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            using var child = ChildProcess.Start(nameof(ChildOrders.WriteForEver), path);
            var lines = new List<string> { child.StandardOutput.ReadLine()! };
            Thread.Sleep(random.Next(150));
            child.Kill();
            while (child.StandardOutput.ReadLine() is { } line) lines.Add(line);
            child.WaitForExit();
            if (Directory.EnumerateDirectories(path, ".*").Any()) leftoversSeen++;

            using var repository = SnapshotRepository.Open(path, create: false);
            Assert.Empty(Directory.EnumerateDirectories(path, ".*"));
            foreach (var entry in repository.List())
            {
                var damage = SnapshotChecker.Check(repository, entry.Name, readData: true, null, CancellationToken.None).Where(finding => finding.IsDamage);
                Assert.Empty(damage);
            }
            var names = repository.List().Select(entry => entry.Name).ToHashSet();
            foreach (var name in Named(lines, "written").Except(Named(lines, "removing"))) Assert.Contains(name, names);
            foreach (var name in Named(lines, "removed")) Assert.DoesNotContain(name, names);
            // At most the one that was being written can be there without having been announced.
            Assert.Empty(names.Except(Named(lines, "written")).Except(Named(lines, "writing").TakeLast(1)));
            foreach (var name in names) repository.Remove(name);
        }
        Assert.True(leftoversSeen > 0, "no kill hit a writer at work: the test does not test");
    }

    [Fact]
    public void The_directory_of_a_living_writer_is_left_alone_and_that_of_a_dead_one_is_not()
    {
        using var child = ChildProcess.Start(nameof(ChildOrders.HoldWriter), path);
        Assert.Equal("holding held", child.StandardOutput.ReadLine());
        using (SnapshotRepository.Open(path, create: false)) Assert.Single(Directory.EnumerateDirectories(path, ".tmp-held-*"));
        child.Kill();
        child.WaitForExit();
        using (SnapshotRepository.Open(path, create: false)) Assert.Empty(Directory.EnumerateFileSystemEntries(path));
    }

    [Fact]
    public void Files_that_a_dead_writer_made_elsewhere_go_with_its_directory_unless_somebody_wrote_to_them()
    {
        using var child = ChildProcess.Start(nameof(ChildOrders.HoldFiles), path);
        Assert.Equal("holding held", child.StandardOutput.ReadLine());
        using (SnapshotRepository.Open(Path.Combine(path, "repository"), create: false)) Assert.Equal(["half", "used", "whole"], Files());
        child.Kill();
        child.WaitForExit();
        using (SnapshotRepository.Open(Path.Combine(path, "repository"), create: false)) Assert.Equal(["used"], Files());

        IEnumerable<string?> Files() => Directory.EnumerateFiles(path).Select(Path.GetFileName).Order();
    }

    [Fact]
    public void Half_a_removal_is_finished_by_the_next_who_opens()
    {
        using (var repository = SnapshotRepository.Open(path, create: true)) SampleSnapshot.Write(repository, "web");
        Directory.Move(Path.Combine(path, "web"), Path.Combine(path, ".rm-web-012345"));
        using (var repository = SnapshotRepository.Open(path, create: false)) Assert.Empty(repository.List());
        Assert.Empty(Directory.EnumerateFileSystemEntries(path));
    }

    [Fact]
    public void A_full_disk_is_named_and_leaves_nothing()
    {
        using var child = ChildProcess.Start(nameof(ChildOrders.FillTheDisk), path);
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Matches(@"^refused .*/ram/00\.img: File too large \(pwrite\)$", lines[0]);
        Assert.StartsWith("refused the RAM of this snapshot is incomplete: ", lines[1], StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(path));
    }

    [Fact]
    public async Task Listings_beside_writers_and_removers_see_whole_snapshots_only()
    {
        using var repository = SnapshotRepository.Open(path, create: true);
        using var ended = new CancellationTokenSource();
        var work = Enumerable.Range(0, 2).Select(worker => Task.Run(() =>
        {
            for (var round = 0; round < 25; round++)
            {
                var name = $"w{worker}-{round % 3}";
                SampleSnapshot.Write(repository, name);
                repository.Rename(name, name + "-renamed");
                repository.Remove(name + "-renamed");
            }
        })).ToArray();
        var listing = Task.Run(() =>
        {
            var seen = 0;
            while (!ended.IsCancellationRequested)
            {
                using var own = SnapshotRepository.Open(path, create: false);
                foreach (var entry in own.List())
                {
                    seen++;
                    Assert.False(entry.IsDamaged, entry.Problem);
                }
            }
            return seen;
        });
        await Task.WhenAll(work);
        await ended.CancelAsync();
        Assert.True(await listing > 0);
        Assert.Empty(Directory.EnumerateFileSystemEntries(path));
    }

    private static IEnumerable<string> Named(IEnumerable<string> lines, string what) =>
        lines.Where(line => line.StartsWith(what + " ", StringComparison.Ordinal)).Select(line => line[(what.Length + 1)..]);
}
