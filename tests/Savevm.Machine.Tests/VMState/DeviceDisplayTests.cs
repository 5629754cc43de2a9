using Savevm.Machine.VMState.Decoding;
using Savevm.Machine.VMState.Display;

namespace Savevm.Machine.Tests.VMState;

/// <summary>Forms that a person reads, of real devices and of states written by hand.</summary>
public class DeviceDisplayTests
{
    [Theory]
    [InlineData("cpu", "rip", "0x0000000000100ea6")]
    [InlineData("cpu", "gdt", "base 0x0000000000101d90 limit 0x00000017")]
    [InlineData("cpu", "cr0", "0x0000000000000011 PE ET")]
    [InlineData("cpu", "cs", "0x0008 base 0x0000000000000000 limit 0xffffffff flags 0x00cf9a00 code, readable, ring 0, 32 bits")]
    [InlineData("cpu", "ldt", "0x0000 base 0x0000000000000000 limit 0x0000ffff flags 0x00008200 LDT, ring 0")]
    [InlineData("0000:00:03.0/e1000", "parent_obj/config[0]/id", "8086:100e, class 0200.00 (network), revision 03")]
    [InlineData("0000:00:03.0/e1000", "parent_obj/config[0]/bar[1]", "I/O 0xc080")]
    [InlineData("0000:00:02.0/virtio-net", "virtio/pci_dev/config/bar[4]", "memory 0xfe000000, 64 bits, prefetchable")]
    [InlineData("0000:00:02.0/virtio-net", "virtio/pci_dev/config/command", "0x0103 I/O memory SERR")]
    [InlineData("0000:00:02.0/virtio-net", "virtio/pci_dev/config/interrupt", "pin A, line 11")]
    [InlineData("0000:00:02.0/virtio-net", "virtio/vq[2]", "64 entries, not set up")]
    [InlineData("hpet", "timer[2]/qemu_timer", "not armed")]
    public void A_recorded_value_has_its_form(string idStr, string path, string text)
    {
        RecordedDevices recorded = RecordedDevices.Load("q100-q35-devices.devices.gz");
        int i = recorded.Sections.ToList().FindIndex(section => section.IdStr == idStr);
        IReadOnlyList<DisplayLine> lines = DeviceDisplay.Lines(DeviceDecoder.Decode(recorded.Description.Devices[i], recorded.Sections[i].Body));
        Assert.Equal(text, Assert.Single(lines, line => line.Path == path).Text);
    }

    [Fact]
    public void A_bridge_tells_what_it_forwards()
    {
        // Buses 0, 1 and 2; ports 0xc000 to 0xcfff of 32 bits; memory; a prefetchable window of 64 bits; a ROM that is on.
        string header = "360601000701100000000406000001000000000000000000" + "00010200" + "c1c1" + "0000" + "a0feaffe" + "0100f1ff"
            + "80000000" + "80000000" + "01000100" + "00000000" + "0108a0fe" + "0b010000";
        string config = header + new string('0', 2 * (256 - 64));
        const string Fields = "{'name':'config','type':'pci config','size':256}";
        IReadOnlyList<DisplayLine> lines = DeviceDisplay.Lines(Described.Decode(Fields, config));
        Assert.Equal(
            [
                "buses primary 0, secondary 1, subordinate 2", "window[io] I/O 0x1c000 to 0x1cfff", "window[memory] memory 0xfea00000 to 0xfeafffff",
                "window[prefetch] prefetchable memory 0x8000000000 to 0x80ffffffff", "rom memory 0xfea00800, enabled",
            ],
            [
                .. new[] { "buses", "window[io]", "window[memory]", "window[prefetch]", "rom" }.Select(
                    name => $"{name} {lines.Single(line => line.Path == "config/" + name).Text}"),
            ]);
    }

    [Fact]
    public void Flags_and_timers()
    {
        const string Fields = "{'name':'c','type':'struct','struct':{'vmsd_name':'cpu','version':12,'fields':["
            + "{'name':'env.eflags','type':'uint64','size':8},{'name':'t','type':'timer','size':8},"
            + "{'name':'env.regs','array_len':8,'type':'uint32','size':4}]},'size':48}";
        string registers = string.Concat(Enumerable.Range(1, 8).Select(i => $"{i:x8}"));
        IReadOnlyList<DisplayLine> lines = DeviceDisplay.Lines(
            Described.Decode(Fields, "0000000000000ed5 00000000000003e8 " + registers));
        Assert.Contains(new DisplayLine("c/eflags", "0x0000000000000ed5 DOSZAPC IF", 0), lines);
        Assert.Contains(new DisplayLine("c/t", "expires at 1000 ns", 8), lines);
        Assert.Contains(new DisplayLine("c/edi", "0x00000008", 16), lines);
    }
}
