using System.Text;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Imports;
using Savevm.VMState.Saving;
using Savevm.VMState.Tests.Devices;
using Savevm.Wire;
using Savevm.Wire.Descriptions;

namespace Savevm.VMState.Tests.Imports;

/// <summary>Every device of real streams, those that no class of ours describes too, by the description that stands behind them.</summary>
public sealed class DescriptionImportTests
{
    [Theory]
    [InlineData("q72-precopy.devices.gz", DescriptionDialect.Qemu72, 31)]
    [InlineData("q100-precopy.devices.gz", DescriptionDialect.Qemu100, 31)]
    [InlineData("q100-q35-devices.devices.gz", DescriptionDialect.Qemu100, 39)]
    public void Every_device_of_a_stream_is_loaded_by_its_own_description_and_saved_as_it_was(
        string name, DescriptionDialect dialect, int expected)
    {
        Section[] sections = RealStream.Load(name);
        Assert.Equal(expected, sections.Length);
        foreach (Section section in sections)
        {
            VMStateDescription<FieldBag> description = Import(section.Json, section.IdStr);
            var bag = new FieldBag();
            var codec = new VMStateCodec<FieldBag>(description);
            codec.Load(ref bag, section.Body, description.Version);
            var output = new WireWriter();
            string json = codec.SaveDescribed(ref bag, output, dialect);
            Assert.Equal(Convert.ToHexString(section.Body), Convert.ToHexString(output.WrittenSpan));
            Assert.Equal(section.Json, json);
        }
    }

    [Fact]
    public void Fields_are_read_and_changed_by_their_path()
    {
        Section section = RealStream.Load("q72-precopy.devices.gz").Single(section => section.IdStr == "i8254");
        var codec = new VMStateCodec<FieldBag>(Import(section.Json, "i8254"));
        var bag = new FieldBag();
        codec.Load(ref bag, section.Body, section.Version);
        Assert.Equal(section.Body[68..72], bag.Values["channels[2].count"]);
        bag.Set("channels[2].count", [1, 2, 3, 4]);
        var output = new WireWriter();
        codec.Save(ref bag, output);
        var device = new I8254Device();
        new VMStateCodec<I8254Device>(I8254Device.StateDescription).Load(ref device, output.WrittenSpan, section.Version);
        Assert.Equal(0x01020304, device.Channels[2].Count);
        Assert.Throws<ArgumentException>(() => bag.Set("channels[2].count", [1]));
    }

    [Fact]
    public void Subsections_of_any_depth_are_found_in_the_bag()
    {
        Section section = RealStream.Load("q72-precopy.devices.gz").Single(section => section.IdStr == "fdc");
        var bag = new FieldBag();
        new VMStateCodec<FieldBag>(Import(section.Json, "fdc")).Load(ref bag, section.Body, section.Version);
        Assert.Equal(["state.drives[0].(fdrive/media_rate)", "state.drives[1].(fdrive/media_rate)"], bag.Subsections.Order());
        Assert.Single(bag.Values["state.drives[1].(fdrive/media_rate).media_rate"]);
    }

    [Fact]
    public void A_subsection_that_is_there_twice_is_refused()
    {
        const string Subsection = "{\"vmsd_name\": \"a/b\", \"version\": 1, \"fields\": []}";
        string json = "{\"vmsd_name\": \"a\", \"version\": 1, \"fields\": [], \"subsections\": [" + Subsection + ", " + Subsection + "]}";
        Assert.Contains("'a/b' twice", Assert.Throws<WireException>(() => Import(json, "a")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"array_len\": 200000000, \"type\": \"uint8\", \"size\": 1")]
    [InlineData("\"array_len\": 1000000, \"type\": \"struct\", \"struct\": {\"vmsd_name\": \"b\", \"version\": 1, \"fields\": []}, \"size\": 0")]
    public void A_description_that_claims_more_than_there_is_reserves_nothing_for_it(string field)
    {
        string json = "{\"vmsd_name\": \"a\", \"version\": 1, \"fields\": [{\"name\": \"x\", " + field + "}]}";
        Exception? refused = Record.Exception(() =>
        {
            var bag = new FieldBag();
            new VMStateCodec<FieldBag>(Import(json, "a")).Load(ref bag, new byte[16], 1);
        });
        Assert.True(refused is WireException or VMStateLoadException, refused?.ToString());
    }

    [Theory]
    [InlineData("{\"name\": \"\", \"size\": 8}, {\"name\": \"\", \"size\": 8}, {\"name\": \"\", \"size\": 8}", 24)]
    [InlineData("{\"name\": \"x\", \"size\": 2}, {\"name\": \"y\", \"size\": 1}, {\"name\": \"x\", \"size\": 2}", 5)]
    [InlineData("{\"name\": \"x\", \"index\": 0, \"size\": 2}, {\"name\": \"x\", \"size\": 2}, {\"name\": \"x\", \"index\": 0, \"size\": 2}", 6)]
    [InlineData("{\"name\": \"\", \"type\": \"struct\", \"struct\": {\"vmsd_name\": \"b\", \"version\": 1, \"fields\": [{\"name\": \"a\", \"size\": 1}]}, \"size\": 1}, {\"name\": \".a\", \"size\": 1}", 2)]
    [InlineData("{\"name\": \"x\", \"size\": 1}, {\"name\": \"x#2\", \"size\": 1}, {\"name\": \"y\", \"size\": 1}, {\"name\": \"x\", \"size\": 1}", 4)]
    public void Fields_that_share_a_name_have_bytes_of_their_own(string fields, int bytes)
    {
        var codec = new VMStateCodec<FieldBag>(Import("{\"vmsd_name\": \"a\", \"version\": 1, \"fields\": [" + fields + "]}", "a"));
        byte[] body = [.. Enumerable.Range(1, bytes).Select(value => (byte)value)];
        var bag = new FieldBag();
        codec.Load(ref bag, body, 1);
        var output = new WireWriter();
        codec.Save(ref bag, output);
        Assert.Equal(Convert.ToHexString(body), Convert.ToHexString(output.WrittenSpan));
    }

    [Fact]
    public void Elements_behind_marks_are_found_by_their_number_and_described_again()
    {
        const string Mark = "{\"name\": \"x\", \"type\": \"ptr-marker\", \"size\": 1}, ";
        const string Element = "{\"name\": \"x\", \"type\": \"struct\", \"struct\": {\"vmsd_name\": \"b\", \"version\": 1, \"fields\": "
            + "[{\"name\": \"a\", \"type\": \"uint8\", \"size\": 1}]}, \"size\": 1}";
        string json = "{\"vmsd_name\": \"a\", \"version\": 1, \"fields\": [" + Mark + Mark + Element + ", " + Mark + Element + "]}";
        var codec = new VMStateCodec<FieldBag>(Import(json, "a"));
        var bag = new FieldBag();
        codec.Load(ref bag, [0x30, 0x31, 7, 0x31, 8], 1);
        Assert.Equal((7, 8), (bag.Values["x[1].a"][0], bag.Values["x[2].a"][0]));
        var output = new WireWriter();
        Assert.Equal(json, codec.SaveDescribed(ref bag, output, DescriptionDialect.Qemu111));
        Assert.Equal([0x30, 0x31, 7, 0x31, 8], output.WrittenSpan.ToArray());
    }

    private static VMStateDescription<FieldBag> Import(string deviceJson, string idStr)
    {
        string text = "{\"page_size\": 4096, \"devices\": [{\"name\": \"" + idStr + "\", \"instance_id\": 0, " + deviceJson[1..] + "]}";
        return DescriptionImport.Of(VMDescription.Parse(Encoding.ASCII.GetBytes(text), 0).Devices[0]);
    }
}
