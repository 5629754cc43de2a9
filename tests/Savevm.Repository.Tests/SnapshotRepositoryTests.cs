using Savevm.Machine.Ram;
using Savevm.Machine.VMState;

namespace Savevm.Repository.Tests;

public sealed class SnapshotRepositoryTests : IDisposable
{
    private readonly TemporaryRepository temporary = new();

    private SnapshotRepository Repository => temporary.Repository;

    public void Dispose() => temporary.Dispose();

    [Fact]
    public void What_was_captured_is_what_is_resumed()
    {
        SampleSnapshot.Write(Repository, "web");

        using var snapshot = Repository.Find("web");
        snapshot.VerifyLayout();
        snapshot.VerifyRam(null, CancellationToken.None);
        Assert.Equal(SampleSnapshot.Blocks, snapshot.Ram.Blocks);
        Assert.Equal("web", snapshot.Manifest.CapturedAs);
        Assert.Equal("running", snapshot.Manifest.RunState);
        Assert.Equal("live", snapshot.Manifest.Mode);
        Assert.Equal("test", snapshot.Manifest.Tags["purpose"]);
        Assert.Equal(["live-loses-writes"], snapshot.Manifest.Quirks);
        Assert.Equal("tcg", (string?)snapshot.Manifest.Machine["accelerator"]);
        Assert.Equal("-M", (string?)snapshot.Manifest.Source["argv"]![1]);
        AssertSame(SampleSnapshot.Devices, snapshot.Devices.Save());
    }

    [Fact]
    public void The_device_file_is_a_stream_of_full_sections()
    {
        SampleSnapshot.Write(Repository, "web");

        var bytes = File.ReadAllBytes(Path.Combine(temporary.Path, "web", "devices.bin"));
        byte[] start = [0x51, 0x45, 0x56, 0x4d, 0, 0, 0, 3, 7, 0, 0, 0, 13, .. "pc-i440fx-7.2"u8, 5, 1, 2, 3];
        byte[] first = [4, 0, 0, 0, 7, 23, .. "virtio-mem-device-early"u8, 0, 0, 0, 0, 0, 0, 0, 1, 9, 0x7e, 0, 0, 0, 7];
        byte[] last = [4, 0, 0, 0, 40, 16, .. "0000:00:01.1/ide"u8, 0, 0, 0, 4, 0, 0, 0, 3, 0x7e, 0, 0, 0, 40, 0];
        Assert.Equal([.. start, .. first], bytes[..(start.Length + first.Length)]);
        Assert.Equal(last, bytes[^last.Length..]);
    }

    [Fact]
    public void Zero_pages_are_holes()
    {
        SampleSnapshot.Write(Repository, "web");

        using var snapshot = Repository.Find("web");
        var expected = (15 + 6 + 1) * RamBlock.PageSize;
        Assert.Equal(expected, snapshot.Manifest.DataBytes);
        using var directory = Linux.Files.LinuxDirectory.Open(Path.Combine(temporary.Path, "web", "ram"));
        Assert.Equal(expected, Enumerable.Range(0, 3).Sum(index => BytesOutsideHoles(directory, $"{index:D2}.img")));
    }

    [Fact]
    public void A_writer_that_is_not_committed_leaves_nothing()
    {
        using (var writer = Repository.BeginSnapshot("web"))
        {
            writer.Ram.DeclareBlocks(SampleSnapshot.Blocks);
            Assert.Single(temporary.Entries);
            Assert.Empty(Repository.List());
        }
        Assert.Empty(temporary.Entries);
    }

    [Fact]
    public void Of_two_writers_of_one_name_the_first_to_commit_wins()
    {
        using var first = Repository.BeginSnapshot("web");
        using var second = Repository.BeginSnapshot("web");
        foreach (var writer in new[] { first, second })
        {
            writer.Ram.DeclareBlocks(SampleSnapshot.Blocks);
            writer.Devices.AcceptDevices(SampleSnapshot.Devices);
        }
        second.Commit(SampleSnapshot.Facts with { Mode = "stop" }, CancellationToken.None);
        Assert.Throws<SnapshotExistsException>(() => first.Commit(SampleSnapshot.Facts, CancellationToken.None));
        Assert.Throws<SnapshotExistsException>(() => Repository.BeginSnapshot("web"));
        first.Dispose();
        second.Dispose();

        Assert.Equal(["web"], temporary.Entries);
        Assert.Equal("stop", Assert.Single(Repository.List()).Manifest!.Mode);
    }

    [Fact]
    public void A_snapshot_can_be_renamed_and_removed()
    {
        SampleSnapshot.Write(Repository, "web");
        SampleSnapshot.Write(Repository, "other");
        Assert.Throws<SnapshotExistsException>(() => Repository.Rename("web", "other"));
        Assert.Throws<SnapshotNotFoundException>(() => Repository.Rename("nothing", "more"));
        Repository.Rename("web", "web-2");
        Assert.Equal(["other", "web-2"], Repository.List().Select(entry => entry.Name));
        Repository.Remove("other");
        Repository.Remove("web-2");
        Assert.Empty(temporary.Entries);
        Assert.Throws<SnapshotNotFoundException>(() => Repository.Remove("web-2"));
        Assert.Throws<SnapshotNotFoundException>(() => Repository.Find("web-2"));
    }

    [Fact]
    public void An_open_snapshot_survives_its_removal()
    {
        SampleSnapshot.Write(Repository, "web");
        using var snapshot = Repository.Find("web");
        snapshot.VerifyLayout();
        Repository.Remove("web");
        snapshot.VerifyRam(null, CancellationToken.None);
    }

    [Fact]
    public void A_missing_repository_is_an_error_of_its_own()
    {
        var path = Path.Combine(temporary.Path, "none");
        Assert.Throws<RepositoryNotFoundException>(() => SnapshotRepository.Open(path, create: false));
        Assert.False(Directory.Exists(path));
        using (SnapshotRepository.Open(Path.Combine(path, "deep"), create: true)) Assert.True(Directory.Exists(path));
    }

    private static long BytesOutsideHoles(Linux.Files.LinuxDirectory directory, string name)
    {
        using var file = directory.OpenFile(name);
        long total = 0;
        for (var data = file.NextData(0); data >= 0;)
        {
            var hole = file.NextHole(data);
            total += hole - data;
            data = file.NextData(hole);
        }
        return total;
    }

    private static void AssertSame(DeviceState expected, DeviceState actual)
    {
        Assert.Equal(expected.MachineName, actual.MachineName);
        Assert.Equal(expected.ConfigurationSubsections.ToArray(), actual.ConfigurationSubsections.ToArray());
        Assert.Equal(expected.RamSectionId, actual.RamSectionId);
        Assert.Equal(expected.Description.ToArray(), actual.Description.ToArray());
        Assert.Equal(expected.Sections.Count, actual.Sections.Count);
        foreach (var (left, right) in expected.Sections.Zip(actual.Sections))
        {
            Assert.Equal(left with { Body = default }, right with { Body = default });
            Assert.Equal(left.Body.ToArray(), right.Body.ToArray());
        }
        Assert.Equal(
            expected.Commands.Select(command => (command.Command, Convert.ToHexString(command.Payload.Span))),
            actual.Commands.Select(command => (command.Command, Convert.ToHexString(command.Payload.Span))));
    }
}
