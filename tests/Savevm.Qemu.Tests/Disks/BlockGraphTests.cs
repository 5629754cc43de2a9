using System.Text.Json.Nodes;
using Savevm.Qemu.CommandLine;
using Savevm.Qemu.Disks;

namespace Savevm.Qemu.Tests.Disks;

/// <summary>What a QEMU 7.2 said of its disks (Data/block-graph.json), taken apart, and found again on its command line.</summary>
public sealed class BlockGraphTests
{
    private static readonly IReadOnlyList<AttachedDisk> Disks = Read();

    private static readonly CommandLineDisks CommandLine = new(
        QemuCommandLine.Parse(
        [
            "qemu", "-drive", "file=c.qcow2,if=virtio,cache=none", "-drive", "file=b.raw,format=raw,if=virtio,snapshot=on",
            "-blockdev", "driver=file,node-name=f1,filename=e.raw", "-blockdev", "driver=raw,node-name=disk1,file=f1",
            "-blockdev", "driver=throttle,node-name=thr,throttle-group=tg,file=disk1", "-device", "virtio-blk-pci,drive=thr,id=vd1",
            "-cdrom", "cd.iso", "-drive", "if=ide,index=3,media=cdrom",
        ]),
        ["virtio0", "virtio1", "ide1-cd0", "ide1-cd1"]);

    [Fact]
    public void A_chain_has_its_images_from_the_top_down()
    {
        var disk = Find("virtio0");
        Assert.True(disk.IsWritable);
        Assert.Equal(["/srv/u/c.qcow2", "/srv/u/a.qcow2"], disk.Root!.Chain().Select(node => node.FileName));
        Assert.Equal(["/srv/u/c.qcow2"], disk.Root.OwnHostPaths());
        Assert.Equal(64L << 20, disk.Root.VirtualBytes);
        Assert.True(disk.Root.IsDirect);
    }

    [Fact]
    public void A_temporary_layer_is_a_node_of_its_own()
    {
        var top = Find("virtio1").Root!;
        Assert.Equal(2, top.Chain().Count());
        Assert.StartsWith("/var/tmp/vl.", top.OwnHostPaths().Single(), StringComparison.Ordinal);
        Assert.Equal("/srv/u/b.raw", top.Backing!.FileName);
        Assert.Contains("\"filename\":\"/srv/u/b.raw\"", top.FileName, StringComparison.Ordinal);
        Assert.True(top.IsNeverFlushed);
    }

    [Fact]
    public void A_filter_is_passed_by()
    {
        var disk = Find("vd1");
        Assert.Equal("thr", disk.Root!.Name);
        Assert.Equal("disk1", disk.Root.Unfiltered.Name);
        Assert.Equal(new DiskAnchor(false, "disk1"), CommandLine.AnchorOf(disk));
    }

    [Theory]
    [InlineData("virtio0")]
    [InlineData("virtio1")]
    [InlineData("ide1-cd0")]
    [InlineData("ide1-cd1")]
    public void Drives_are_called_what_QEMU_calls_them(string name)
    {
        Assert.Equal(new DiskAnchor(true, name), CommandLine.AnchorOf(Find(name)));
    }

    [Fact]
    public void What_is_only_read_and_what_is_empty_is_told()
    {
        Assert.False(Find("ide1-cd0").IsWritable);
        Assert.Null(Find("ide1-cd1").Root);
    }

    [Fact]
    public void Files_of_the_command_line_are_complete_and_named_after_the_disk_that_they_are()
    {
        Assert.Equal(
            [("virtio0", "/srv/u/c.qcow2"), ("virtio1", "/srv/u/b.raw"), ("ide1-cd0", "/srv/u/cd.iso"), ("disk1", "/srv/u/e.raw")],
            CommandLine.Files("/srv/u").Select(file => (file.Anchor.Name, file.Path)));
    }

    [Fact]
    public void Without_a_graph_disks_have_no_children()
    {
        var answers = Answers();
        var disks = BlockGraph.Parse([answers["query-block"], null, null], null);
        Assert.Equal(5, disks.Count);
        Assert.Equal("c.qcow2", disks[0].Root!.FileName);
        Assert.Empty(disks[0].Root!.Children);
    }

    [Fact]
    public void Nodes_that_stand_on_themselves_are_no_endless_work()
    {
        // Two ways to the same node at each of 256 steps: more nodes than there is time.
        var answers = JsonNode.Parse("""
            {"disks": [{"device": "d", "inserted": {"node-name": "a", "drv": "qcow2"}}], "nodes": [{"node-name": "a", "drv": "qcow2"}],
             "graph": {"nodes": [{"id": 1, "type": "block-driver", "name": "a"}],
              "edges": [{"parent": 1, "child": 1, "name": "file"}, {"parent": 1, "child": 1, "name": "backing"}]}}
            """)!;
        Assert.Throws<QemuException>(() => BlockGraph.Parse([answers["disks"], answers["nodes"], answers["graph"]], null));
    }

    private static AttachedDisk Find(string label) => Disks.Single(disk => disk.Label == label);

    private static IReadOnlyList<AttachedDisk> Read()
    {
        var answers = Answers();
        return BlockGraph.Parse([.. BlockGraph.Questions.Select(question => answers[question.Name])], "/srv/u");
    }

    private static JsonObject Answers()
    {
        using var stream = typeof(BlockGraphTests).Assembly.GetManifestResourceStream("block-graph.json")!;
        return JsonNode.Parse(stream)!.AsObject();
    }
}
