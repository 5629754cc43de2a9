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
