using Savevm.Machine.VMState;
using Savevm.Machine.VMState.Catalogue;
using Savevm.Machine.VMState.Decoding;
using Savevm.Machine.VMState.Tree;
using Savevm.Wire.Tests;

namespace Savevm.Machine.Tests.VMState;

/// <summary>Sections whose description is taken away are understood by those of other streams.</summary>
public class DescriptionCatalogueTests
{
    [Theory]
    [InlineData("q72-precopy.devices.gz", "q72-precopy.devices.gz")]
    [InlineData("q72-precopy.devices.gz", "q72-tiny.stream.gz")]
    [InlineData("q100-precopy.devices.gz", "q100-tiny.stream.gz")]
    [InlineData("q100-q35-devices.devices.gz", "q100-q35-devices.devices.gz")]
    public void The_tree_is_that_of_the_own_description(string catalogueOf, string stream)
    {
        DescriptionCatalogue catalogue = DescriptionCatalogue.FromStream(RecordedDevices.Load(catalogueOf).Description);
        RecordedDevices recorded = RecordedDevices.Load(stream);
        for (int i = 0; i < recorded.Sections.Count; i++)
        {
            DeviceSection section = recorded.Sections[i];
            DecodedDevice decoded = catalogue.Decode(section);
            Assert.Empty(decoded.Defects);
            Assert.Equal(TreeText.Of(DeviceDecoder.Decode(recorded.Description.Devices[i], section.Body)), TreeText.Of(decoded));
        }
    }

    /// <summary>The goal is every byte. A subsection that the recorded machines did not have would be missing here, and is told.</summary>
    [Theory]
    [InlineData("q72-precopy.devices.gz", "pc-i440fx-7.2", null)]
    [InlineData("q72-tiny.stream.gz", "pc-i440fx-7.2", "7.2")]
    [InlineData("q100-precopy.devices.gz", "pc-i440fx-10.0", null)]
    [InlineData("q100-tiny.stream.gz", null, "10.0")]
    [InlineData("q100-q35-devices.devices.gz", "pc-q35-7.2", "10.0")]
    public void The_recorded_catalogue_understands_other_machines(string stream, string? machine, string? release)
    {
        DescriptionCatalogue catalogue = RecordedCatalogue.For(machine, release);
        RecordedDevices recorded = RecordedDevices.Load(stream);
        DecodedShare share = default;
        for (int i = 0; i < recorded.Sections.Count; i++)
        {
            DeviceSection section = recorded.Sections[i];
            DecodedDevice decoded = catalogue.Decode(section);
            share += decoded.Share;
            TestContext.Current.TestOutputHelper?.WriteLine($"{section.IdStr} {decoded.Share} {string.Join("; ", decoded.Defects)}");
            if (decoded.Defects.Count == 0)
                Assert.Equal(TreeText.Of(DeviceDecoder.Decode(recorded.Description.Devices[i], section.Body)), TreeText.Of(decoded));
        }
        Assert.Equal(share.Total, share.Decoded);
    }

    [Fact]
    public void The_end_of_a_section_is_found_in_a_longer_window()
    {
        RecordedDevices recorded = RecordedDevices.Load("q100-q35-devices.devices.gz");
        DescriptionCatalogue catalogue = DescriptionCatalogue.FromStream(recorded.Description);
        foreach (DeviceSection section in recorded.Sections)
        {
            byte[] window = [.. section.Body.Span, 0x7e, 0, 0, 0, 9, 4];
            Assert.Equal([section.Body.Length], catalogue.Lengths(section.IdStr, section.InstanceId, section.VersionId, window));
        }
    }

    [Fact]
    public void Subsections_and_queues_are_where_the_bytes_have_them()
    {
        const string Fields = "{'name':'q','type':'qtailq','vmsd_name':'e','version':1,'fields':[{'name':'a','type':'uint8','size':1}],'size':3}";
        const string Subsections = "{'vmsd_name':'d/s','version':2,'fields':[{'name':'b','type':'uint8','size':1}]}";
        DescriptionCatalogue catalogue = DescriptionCatalogue.FromStream(Described.Description(Fields, Subsections));
        DecodedDevice without = catalogue.Decode(Section("01 05 01 06 01 07 00"));
        Assert.Equal([5UL, 6, 7], without.Root.Find("q")!.Children.Select(child => child.Find("a")!.Value.AsUnsigned()));
        Assert.Null(without.Root.Find("d/s"));
        DecodedDevice with = catalogue.Decode(Section("00 05 03 'd/s' 00000002 09"));
        Assert.Empty(with.Root.Find("q")!.Children);
        Assert.Equal(9UL, with.Root.FindPath("d/s", "b")!.Value.AsUnsigned());
    }

    [Theory]
    [InlineData("00 05 03 'd/x' 00000002 09", "'d/x'")]
    [InlineData("00 05 03 'd/s' 00000003 09", "version 3")]
    [InlineData("00 ff", "1 bytes behind")]
    [InlineData("01", "no 1 bytes")]
    public void What_does_not_fit_to_the_last_byte_is_told(string body, string reason)
    {
        const string Fields = "{'name':'q','type':'qtailq','vmsd_name':'e','version':1,'fields':[{'name':'a','type':'uint8','size':1}],'size':3}";
        const string Subsections = "{'vmsd_name':'d/s','version':2,'fields':[{'name':'b','type':'uint8','size':1}]}";
        DecodedDevice device = DescriptionCatalogue.FromStream(Described.Description(Fields, Subsections)).Decode(Section(body));
        Assert.Contains(reason, Assert.Single(device.Defects).Reason);
        Assert.Equal(0, device.Share.Decoded);
        Assert.Equal(ValueKind.Raw, Assert.Single(device.Root.Children).Value.Kind);
    }

    [Fact]
    public void A_device_that_nobody_described_stays_raw()
    {
        DescriptionCatalogue catalogue = DescriptionCatalogue.FromStream(Described.Description("{'name':'a','type':'uint8','size':1}"));
        Assert.Contains("not in the catalogue", catalogue.Decode(new DeviceSection("x", 0, 1, 0, new byte[1])).Defects[0].Reason);
        Assert.Contains("version 2", catalogue.Decode(new DeviceSection("d", 0, 2, 0, new byte[1])).Defects[0].Reason);
        Assert.Equal(new DecodedShare(1, 1), catalogue.Decode(new DeviceSection("0000:00:09.0/d", 3, 1, 0, new byte[1])).Share);
    }

    private static DeviceSection Section(string body) => new("d", 0, 1, 0, Hex.Bytes(body));
}
