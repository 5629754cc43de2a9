using Savevm.Qemu.CommandLine;

namespace Savevm.Qemu.Tests.CommandLine;

public sealed class DiskRebuildTests
{
    [Theory]
    [InlineData("-hda", "a.raw", "ide0-hd0", "-drive index=0,media=disk,file=/o,format=qcow2")]
    [InlineData("", "a.raw", "ide0-hd0", "-drive index=0,media=disk,file=/o,format=qcow2")]
    [InlineData("-drive", "file=a,,b.raw,format=raw,if=virtio,cache=none,snapshot=on", "virtio0", "-drive if=virtio,cache=none,file=/o,format=qcow2")]
    [InlineData("-drive", "file.driver=qcow2,file.file.filename=a,backing.file.filename=b,if=none,id=d0,discard=unmap", "d0", "-drive if=none,id=d0,discard=unmap,file=/o,format=qcow2")]
    [InlineData("-pflash", "vars.fd", "pflash0", "-drive if=pflash,file=/o,format=qcow2")]
    public void A_drive_keeps_its_place_and_gets_the_overlay(string option, string text, string name, string expected)
    {
        string[] words = option.Length > 0 ? [option, text] : [text];
        Assert.StartsWith(expected + " ", Joined(words, new DiskReplacement(new DiskAnchor(true, name), "/o", "qcow2", false, [])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_gets_the_overlay_and_what_brought_its_contents_falls_away()
    {
        var line = Joined(
            ["-blockdev", "driver=file,node-name=f1,filename=e.raw", "-blockdev", "driver=raw,node-name=disk1,file=f1,discard=unmap,cache.direct=on", "-device", "virtio-blk-pci,drive=disk1"],
            new DiskReplacement(new DiskAnchor(false, "disk1"), "/o", "qcow2", false, ["f1"]));
        Assert.StartsWith(
            "-blockdev {\"driver\":\"qcow2\",\"node-name\":\"disk1\",\"read-only\":false,\"discard\":\"unmap\",\"cache\":{\"direct\":true},"
                + "\"file\":{\"driver\":\"file\",\"filename\":\"/o\",\"cache\":{\"direct\":true}}} -device virtio-blk-pci,drive=disk1 ",
            line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_filter_stays_over_the_overlay()
    {
        var line = Joined(
            ["-blockdev", "driver=raw,node-name=disk1,file.driver=file,file.filename=e.raw", "-blockdev", "driver=throttle,node-name=thr,throttle-group=tg,file=disk1"],
            new DiskReplacement(new DiskAnchor(false, "disk1"), "/o", "qcow2", false, []));
        Assert.Contains("\"filename\":\"/o\"", line, StringComparison.Ordinal);
        Assert.Contains("-blockdev driver=throttle,node-name=thr,throttle-group=tg,file=disk1", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_medium_that_was_changed_or_taken_out_is_so_again()
    {
        Assert.StartsWith(
            "-drive index=2,media=cdrom,file=/new.iso,format=raw ",
            Joined(["-cdrom", "old.iso"], new DiskReplacement(new DiskAnchor(true, "ide1-cd0"), "/new.iso", "raw", true, [])), StringComparison.Ordinal);
        Assert.StartsWith(
            "-drive index=2,media=cdrom ", Joined(["-cdrom", "old.iso"], new DiskReplacement(new DiskAnchor(true, "ide1-cd0"), null, "", true, [])), StringComparison.Ordinal);
        var line = Joined(
            ["-blockdev", "driver=file,node-name=cd,filename=old.iso,read-only=on", "-device", "ide-cd,id=c0,drive=cd"],
            new DiskReplacement(new DiskAnchor(false, "cd"), null, "", true, []));
        Assert.StartsWith("-device ide-cd,id=c0 ", line, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_plugged_in_later_is_added()
    {
        Assert.Contains(
            "-blockdev {\"driver\":\"qcow2\",\"node-name\":\"hot\",\"read-only\":false,\"file\":{\"driver\":\"file\",\"filename\":\"/o\"}}",
            Joined(["-nodefaults"], new DiskReplacement(new DiskAnchor(false, "hot"), "/o", "qcow2", false, [])), StringComparison.Ordinal);
        Assert.Contains(
            "-drive if=none,id=hot,file=/o,format=qcow2",
            Joined(["-nodefaults"], new DiskReplacement(new DiskAnchor(true, "hot"), "/o", "qcow2", false, [])), StringComparison.Ordinal);
        Assert.Contains(
            "-drive if=ide,bus=1,unit=0,media=cdrom,file=/cd.iso,format=raw,readonly=on",
            Joined(["-m", "64"], new DiskReplacement(new DiskAnchor(true, "ide1-cd0"), "/cd.iso", "raw", true, [])), StringComparison.Ordinal);
    }

    [Fact]
    public void The_anonymous_layer_over_all_disks_falls_away()
    {
        Assert.DoesNotContain(
            "-snapshot", Joined(["-snapshot", "-hda", "a"], new DiskReplacement(new DiskAnchor(true, "ide0-hd0"), "/o", "qcow2", false, [])), StringComparison.Ordinal);
        Assert.Contains("-snapshot", Joined(["-snapshot", "-hda", "a"]), StringComparison.Ordinal);
    }

    [Fact]
    public void It_holds_for_a_users_own_words_too()
    {
        Assert.StartsWith(
            "-drive index=0,media=disk,file=/o,format=qcow2 -qmp unix:mine,server=on ",
            Joined(["-hda", "a", "-qmp", "unix:mine,server=on"], keepAddresses: true, new DiskReplacement(new DiskAnchor(true, "ide0-hd0"), "/o", "qcow2", false, [])),
            StringComparison.Ordinal);
    }

    private static string Joined(string[] words, params DiskReplacement[] disks) => Joined(words, keepAddresses: false, disks);

    private static string Joined(string[] words, bool keepAddresses, params DiskReplacement[] disks) => string.Join(' ', CommandLineRebuild.Rebuild(new RebuildRequest
    {
        RecordedArguments = ["qemu-system-x86_64", .. words],
        RecordedWorkingDirectory = "/srv/u",
        RunDirectory = "/run/r",
        MonitorDescriptor = 3,
        KeepAddresses = keepAddresses,
        Disks = disks,
    }).Arguments);
}
