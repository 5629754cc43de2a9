using Savevm.Machine;
using Savevm.Machine.VMState;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>A machine in the test process, as source or as destination.</summary>
internal sealed class TestMachine
{
    public static readonly (string IdStr, int Pages)[] Layout =
        [("pc.ram", 300), ("/rom@etc/acpi/tables", 32), ("0000:00:02.0/vga.vram", 40), ("one", 1)];

    public required MemoryRam Ram { get; init; }

    public required MemoryDevices Devices { get; init; }

    public RecordingControl Control { get; } = new();

    public static TestMachine Source(int seed) => new() { Ram = MemoryRam.Random(seed, Layout), Devices = MemoryDevices.Random(seed) };

    public static TestMachine Destination() => new() { Ram = new MemoryRam(), Devices = new MemoryDevices() };

    public SourceMachine AsSource() => new(Ram, Devices, Control);

    public DestinationMachine AsDestination(bool runsEarly = true) => new(Ram, Devices, Control, runsEarly ? Ram : null);

    public void AssertEquals(TestMachine other, params string[] exceptBlocks)
    {
        Assert.Equal(Ram.Blocks, other.Ram.Blocks);
        foreach (var block in Ram.Blocks.Where(block => !exceptBlocks.Contains(block.IdStr)))
        {
            Assert.True(Ram.Content(block.Index).AsSpan().SequenceEqual(other.Ram.Content(block.Index)), $"block {block.IdStr} differs");
        }
        AssertDevicesEqual(Devices.State!, other.Devices.State!);
    }

    private static void AssertDevicesEqual(DeviceState expected, DeviceState actual)
    {
        Assert.Equal(expected.MachineName, actual.MachineName);
        Assert.Equal(expected.RamSectionId, actual.RamSectionId);
        Assert.Equal(expected.Sections.Count, actual.Sections.Count);
        foreach (var (one, two) in expected.Sections.Zip(actual.Sections))
        {
            Assert.Equal((one.IdStr, one.InstanceId, one.VersionId, one.SectionId), (two.IdStr, two.InstanceId, two.VersionId, two.SectionId));
            Assert.True(one.Body.Span.SequenceEqual(two.Body.Span), $"body of {one.IdStr} differs");
        }
    }
}
