using System.Text;
using System.Text.Json.Nodes;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.Repository.Snapshots;

namespace Savevm.Repository.Tests;

/// <summary>A small machine whose every byte is known.</summary>
internal static class SampleSnapshot
{
    internal static readonly RamBlock[] Blocks =
    [
        new(0, "pc.ram", 40 * RamBlock.PageSize),
        new(1, "0000:00:02.0/vga.vram", 16 * RamBlock.PageSize),
        new(2, "/rom@etc/acpi/tables", RamBlock.PageSize),
    ];

    internal static SnapshotFacts Facts => new()
    {
        RunState = "running",
        Mode = "live",
        Tags = new Dictionary<string, string> { ["purpose"] = "test" },
        Quirks = ["live-loses-writes"],
        Machine = new JsonObject { ["machine_type"] = "pc-i440fx-7.2", ["accelerator"] = "tcg" },
        Source = new JsonObject { ["argv"] = new JsonArray("qemu-system-x86_64", "-M", "pc") },
    };

    internal static DeviceState Devices => new()
    {
        MachineName = "pc-i440fx-7.2",
        ConfigurationSubsections = new byte[] { 5, 1, 2, 3 },
        RamSectionId = 2,
        Sections =
        [
            new DeviceSection("virtio-mem-device-early", 0, 1, 7, new byte[] { 9 }) { IsEarly = true },
            new DeviceSection("timer", 0, 2, 0, Enumerable.Range(0, 300).Select(value => (byte)value).ToArray()),
            new DeviceSection("0000:00:01.1/ide", 4, 3, 40, ReadOnlyMemory<byte>.Empty),
        ],
        Commands = [new RecordedCommand(1, ReadOnlyMemory<byte>.Empty), new RecordedCommand(3, new byte[] { 0, 0, 0, 1 })],
        Description = Encoding.UTF8.GetBytes("{\"configuration\": {}, \"devices\": []}"),
    };

    /// <summary>Writes the sample under a name; a third of pc.ram is data, the last block is a single page.</summary>
    internal static void Write(SnapshotRepository repository, string name)
    {
        using var writer = repository.BeginSnapshot(name);
        using var pool = new PagePool(64);
        writer.Ram.DeclareBlocks(Blocks);
        using (var pages = writer.Ram.OpenWriter())
        {
            for (var page = 0; page < 14; page++) pages.WritePage(0, page, pool.Next(page));
            pages.WritePage(0, 39, pool.Next(39));
            for (var page = 0; page < 16; page++)
                if (page % 3 == 0) pages.WritePage(1, page, pool.Next(100 + page));
                else pages.WriteZeroPage(1, page);
            pages.WritePage(2, 0, pool.Next(200));
            pages.Flush();
        }
        writer.Devices.AcceptDevices(Devices);
        writer.Commit(Facts, CancellationToken.None);
    }
}
