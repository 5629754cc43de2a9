using Savevm.VMState.Descriptions;
using Savevm.VMState.Registries;
using Savevm.VMState.Saving;
using Savevm.VMState.Tests.Descriptions;
using Savevm.VMState.Tests.Devices;
using Savevm.Wire;
using Savevm.Wire.Descriptions;

namespace Savevm.VMState.Tests.Registries;

public sealed class DeviceRegistryTests
{
    private static VMStateDescription<Sample> Described(string name, VMStatePriority priority = VMStatePriority.Default, string? unmigratable = null)
    {
        VMStateBuilder<Sample> builder = new VMStateBuilder<Sample>(name, 3, 1).Field("u8", static (ref d) => ref d.U8).Priority(priority);
        return (unmigratable is null ? builder : builder.Unmigratable(unmigratable)).Build();
    }

    [Fact]
    public void A_section_is_head_body_and_footer()
    {
        var registry = new DeviceRegistry();
        registry.Add(new Sample { U8 = 0xaa }, Described("ab"));
        registry.Add(new Sample { U8 = 0xbb }, Described("ab"));
        var output = new WireWriter();
        registry.SaveDeviceState(output);
        const string First = "04" + "00000000" + "026162" + "00000000" + "00000003" + "aa" + "7e00000000";
        const string Second = "04" + "00000001" + "026162" + "00000001" + "00000003" + "bb" + "7e00000001";
        Assert.Equal("5145564d00000003" + First + Second + "00", Convert.ToHexStringLower(output.WrittenSpan));
    }

    [Theory]
    [InlineData(DescriptionDialect.Qemu72, "{\"page_size\": 4096, \"devices\": [")]
    [InlineData(
        DescriptionDialect.Qemu100,
        "{\"configuration\": {\"vmsd_name\": \"configuration\", \"version\": 1, \"fields\": [{\"name\": \"len\", \"type\": \"uint32\", \"size\": 4}, "
        + "{\"name\": \"name\", \"type\": \"buffer\", \"size\": 4}]}, \"page_size\": 4096, \"devices\": [")]
    public void Devices_that_are_saved_alone_have_the_description_of_a_stream_of_their_release(DescriptionDialect dialect, string beginning)
    {
        var registry = new DeviceRegistry();
        registry.Add(new Sample { U8 = 7 }, Described("dev"));
        SavedDevice saved = Assert.Single(registry.SaveEach(dialect, out string description, "none"));
        Assert.Equal("dev", saved.Device.IdStr);
        Assert.Equal([7], saved.Body.ToArray());
        Assert.StartsWith(beginning, description, StringComparison.Ordinal);
        Assert.Equal(1, VMDescription.Parse(System.Text.Encoding.ASCII.GetBytes(description), 0).Devices[0].BodyBytes);
        registry.LoadOne("dev", 0, 3, [8]);
        Assert.Equal("dev 0", registry.LoadOne("dev", 0, 3, [9]).ToString());
        Assert.Contains("1 more bytes", Assert.Throws<VMStateLoadException>(() => registry.LoadOne("dev", 0, 3, [8, 9])).Message, StringComparison.Ordinal);
        Assert.Throws<VMStateLoadException>(() => registry.LoadOne("other", 0, 3, [8]));
    }

    [Fact]
    public void Devices_are_saved_by_priority_and_then_as_they_were_registered()
    {
        var registry = new DeviceRegistry();
        registry.Add(new Sample(), Described("low", VMStatePriority.Low));
        registry.Add(new Sample(), Described("one"));
        registry.Add(new Sample(), Described("bus", VMStatePriority.PciBus), new DevicePlace("0000:00:01.0"));
        registry.Add(new Sample(), Described("two"));
        Assert.Equal(["0000:00:01.0/bus", "one", "two", "low"], registry.Devices.Select(device => device.IdStr));
        Assert.Equal([2u, 1u, 3u, 0u], registry.Devices.Select(device => device.SectionId));
    }

    [Fact]
    public void A_number_is_the_next_above_the_highest_of_its_name_and_none_is_given_twice()
    {
        var registry = new DeviceRegistry();
        registry.Add(new Sample(), Described("a"), new DevicePlace(InstanceId: 7));
        Assert.Equal(8u, registry.Add(new Sample(), Described("a")).InstanceId);
        Assert.Equal(0u, registry.Add(new Sample(), Described("b")).InstanceId);
        Assert.Throws<ArgumentException>(() => registry.Add(new Sample(), Described("a"), new DevicePlace(InstanceId: 7)));
    }

    [Fact]
    public void A_device_is_found_by_its_number_its_alias_and_the_name_it_had_before_it_had_a_path()
    {
        byte[] Section(string path, uint instance)
        {
            var registry = new DeviceRegistry();
            registry.Add(new Sample { U8 = 9 }, Described("dev"), new DevicePlace(path.Length == 0 ? null : path, instance));
            var output = new WireWriter();
            registry.SaveDeviceState(output);
            return output.WrittenSpan.ToArray();
        }
        var sample = new Sample();
        var registry = new DeviceRegistry();
        registry.Add(sample, Described("dev"), new DevicePlace("0000:00:05.0", AliasId: 5, CompatInstanceId: 2));
        foreach ((string path, uint instance) in new[] { ("0000:00:05.0", 0u), ("0000:00:05.0", 5u), ("", 2u) })
        {
            sample.U8 = 0;
            Assert.Empty(registry.LoadDeviceState(Section(path, instance)).Missing);
            Assert.Equal(9, sample.U8);
        }
        VMStateLoadException refused = Assert.Throws<VMStateLoadException>(() => registry.LoadDeviceState(Section("", 3)));
        Assert.Contains("'dev' 3", refused.Message, StringComparison.Ordinal);
        Assert.Throws<VMStateLoadException>(() => registry.LoadDeviceState(Section("0000:00:06.0", 0)));
    }

    [Fact]
    public void Missing_devices_are_told_and_a_failure_names_the_device()
    {
        var registry = new DeviceRegistry();
        registry.Add(new Sample(), Described("one"));
        var output = new WireWriter();
        registry.SaveDeviceState(output);
        registry.Add(new Sample(), Described("two"));
        DeviceLoadReport report = registry.LoadDeviceState(output.WrittenSpan);
        Assert.Equal(["one 0"], report.Loaded.Select(device => device.ToString()));
        Assert.Equal(["two 0"], report.Missing.Select(device => device.ToString()));
        byte[] newer = output.WrittenSpan.ToArray();
        newer[8 + 1 + 4 + 1 + 3 + 4 + 3] = 4;
        VMStateLoadException refused = Assert.Throws<VMStateLoadException>(() => registry.LoadDeviceState(newer));
        Assert.Equal(("one 0", "one"), (refused.Device, refused.Section));
    }

    [Fact]
    public void A_device_that_cannot_be_saved_blocks_and_says_why()
    {
        var registry = new DeviceRegistry();
        registry.Add(new Sample(), Described("one"));
        Assert.Empty(registry.Blockers);
        registry.Add(new Sample(), Described("two", unmigratable: "it is part of the host"));
        Assert.Equal(("two 0", "it is part of the host"), (Assert.Single(registry.Blockers).Device.ToString(), registry.Blockers[0].Reason));
        Assert.Throws<VMStateSaveException>(() => registry.SaveDeviceState(new WireWriter()));
    }

    [Fact]
    public void A_file_cut_anywhere_or_with_a_wrong_footer_is_refused()
    {
        var registry = new DeviceRegistry();
        registry.Add(new Sample(), Described("one"));
        registry.Add(new I8254Device(), I8254Device.StateDescription);
        var output = new WireWriter();
        registry.SaveDeviceState(output);
        byte[] file = output.WrittenSpan.ToArray();
        for (int length = 0; length < file.Length; length++)
        {
            Exception? refused = Record.Exception(() => registry.LoadDeviceState(file.AsSpan(0, length)));
            Assert.True(refused is WireException or VMStateLoadException, $"{length} bytes: {refused}");
        }
        file[^2] ^= 1;
        Assert.Throws<WireException>(() => registry.LoadDeviceState(file));
    }

    [Fact]
    public void The_description_behind_the_sections_is_read_by_our_other_reader_and_adds_up()
    {
        var registry = new DeviceRegistry();
        registry.Add(new FloppyDevice(), FloppyDevice.StateDescription);
        registry.Add(new PciBusDevice(), PciBusDevice.StateDescription);
        registry.Add(new KeyboardControllerDevice(), KeyboardControllerDevice.StateDescription);
        foreach (DescriptionDialect dialect in Enum.GetValues<DescriptionDialect>())
        {
            var output = new WireWriter();
            string json = registry.SaveDescribed(output, dialect);
            VMDescription description = VMDescription.Parse(System.Text.Encoding.ASCII.GetBytes(json), 0);
            ReadOnlySpan<byte> rest = output.WrittenSpan;
            foreach (DescribedDevice device in description.Devices)
            {
                rest = rest[(14 + device.IdStrUtf8.Length)..];
                DescribedBody.Check(device, rest[..device.BodyBytes], 0);
                rest = rest[(device.BodyBytes + 5)..];
            }
            Assert.True(rest.IsEmpty);
        }
    }
}
