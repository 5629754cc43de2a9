using Savevm.Machine.VMState;
using Savevm.Machine.VMState.Catalogue;
using Savevm.Machine.VMState.Decoding;
using Savevm.Machine.VMState.Display;
using Savevm.Machine.VMState.Tree;
using Savevm.Wire;

namespace Savevm.Machine.Tests.VMState;

/// <summary>Bytes and descriptions that no QEMU wrote: whatever they are, there is an answer, soon and in little memory.</summary>
public class HostileDescriptionTests
{
    private const int Rounds = 4;

    [Theory]
    [InlineData("q72-precopy.devices.gz")]
    [InlineData("q100-q35-devices.devices.gz")]
    public void Changed_and_shortened_bodies_never_fail(string stream)
    {
        RecordedDevices recorded = RecordedDevices.Load(stream);
        DescriptionCatalogue catalogue = DescriptionCatalogue.FromStream(recorded.Description);
        var random = new Random(7);
        int told = 0;
        for (int i = 0; i < recorded.Sections.Count; i++)
        {
            DeviceSection section = recorded.Sections[i];
            for (int round = 0; round < Rounds; round++)
            {
                byte[] body = section.Body.ToArray();
                for (int j = 0; j < 1 + (body.Length / 500); j++)
                    body[random.Next(body.Length)] = (byte)random.Next(256);
                if (round % 2 == 1)
                    body = body[..random.Next(body.Length)];
                told += Check(DeviceDecoder.Decode(recorded.Description.Devices[i], body), body);
                told += Check(catalogue.Decode(section with { Body = body }), body);
                Assert.All(
                    catalogue.Lengths(section.IdStr, section.InstanceId, section.VersionId, body), length => Assert.InRange(length, 0, body.Length));
            }
        }
        Assert.NotEqual(0, told);
    }

    /// <summary>A tree of the body's bytes, whose share counts what is raw.</summary>
    private static int Check(DecodedDevice device, byte[] body)
    {
        Assert.Equal(body.Length, device.Share.Total);
        Assert.Equal(body.Length - RawBytes(device.Root), device.Share.Decoded);
        Assert.NotNull(DeviceDisplay.Lines(device));
        return device.Defects.Count;
    }

    private static int RawBytes(DecodedNode node) =>
        node.Value.Kind == ValueKind.Raw ? node.Bytes : node.Children.Sum(RawBytes);

    [Theory]
    [InlineData("{'name':'f','array_len':268435456,'type':'struct','struct':{'vmsd_name':'s','version':1,'fields':[]},'size':0}", 0)]
    [InlineData("{'name':'f','array_len':1000000,'type':'struct','struct':{'vmsd_name':'s','version':1,'fields':[{'name':'a','type':'uint8','size':0}]},'size':0}", 0)]
    public void Elements_of_no_size_are_nowhere(string fields, int children)
    {
        DecodedDevice device = DeviceDecoder.Decode(Described.Description(fields).Devices[0], ReadOnlyMemory<byte>.Empty);
        Assert.Equal(children, device.Root.Children[0].Children.Count);
        Assert.Empty(DescriptionCatalogue.FromStream(Described.Description(fields)).Decode(new DeviceSection("d", 0, 1, 0, default)).Defects);
    }

    [Fact]
    public void The_number_of_nodes_is_bounded()
    {
        string zeros = string.Join(',', Enumerable.Repeat("{'name':'a','type':'struct','struct':{'vmsd_name':'z','version':1,'fields':[]},'size':0},{'name':'b','type':'buffer','size':0}", 50));
        string fields = $"{{'name':'f','array_len':100000,'type':'struct','struct':{{'vmsd_name':'s','version':1,'fields':[{zeros},{{'name':'c','type':'uint8','size':1}}]}},'size':1}}";
        byte[] body = new byte[100000];
        DecodedDevice device = DeviceDecoder.Decode(Described.Description(fields).Devices[0], body);
        Assert.InRange(Nodes(device.Root), 1000, WireLimits.MaxDecodedNodes + 1000);
        Assert.NotEmpty(device.Defects);
        Assert.Equal(body.Length - RawBytes(device.Root), device.Share.Decoded);
        DecodedDevice byCatalogue = DescriptionCatalogue.FromStream(Described.Description(fields)).Decode(new DeviceSection("d", 0, 1, 0, body));
        Assert.NotEmpty(byCatalogue.Defects);
    }

    private static int Nodes(DecodedNode node) => 1 + node.Children.Sum(Nodes);
}
