using System.Globalization;
using Savevm.Machine.VMState;
using Savevm.Machine.VMState.Decoding;
using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.Tests.VMState;

/// <summary>How much of what real QEMUs wrote is understood, device by device.</summary>
public class ShareTests
{
    [Theory]
    [InlineData("q72-precopy.devices.gz")]
    [InlineData("q100-precopy.devices.gz")]
    [InlineData("q100-q35-devices.devices.gz")]
    [InlineData("q72-tiny.stream.gz")]
    [InlineData("q100-tiny.stream.gz")]
    public void Every_byte_of_every_device_has_a_name(string stream)
    {
        RecordedDevices recorded = RecordedDevices.Load(stream);
        for (int i = 0; i < recorded.Sections.Count; i++)
        {
            DeviceSection section = recorded.Sections[i];
            DecodedDevice device = DeviceDecoder.Decode(recorded.Description.Devices[i], section.Body);
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{section.IdStr}/{section.InstanceId}: {device.Share.Decoded} of {device.Share.Total}"));
            Assert.Empty(device.Defects);
            Assert.Equal(section.Body.Length, device.Share.Total);
            Assert.Equal(device.Share.Total, device.Share.Decoded);
            AssertAddsUp(device.Root);
        }
    }

    /// <summary>The children lie in their parent, in order, without gaps but for marks and heads.</summary>
    private static void AssertAddsUp(DecodedNode node)
    {
        int at = node.BodyOffset;
        foreach (DecodedNode child in node.Children)
        {
            int gap = child.BodyOffset - at;
            bool hasHead = node.Kind is NodeKind.Subsection or NodeKind.Container || node.Index is not null;
            Assert.True(gap == 0 || (gap > 0 && hasHead && ReferenceEquals(child, node.Children[0])), $"{node.Label}: {child.Label} at {child.BodyOffset}, not {at}");
            at = child.BodyOffset + child.Bytes;
            AssertAddsUp(child);
        }
        int rest = node.BodyOffset + node.Bytes - at;
        Assert.True(node.Children.Count == 0 || rest == 0 || (rest == 1 && node.Kind == NodeKind.Container), $"{node.Label}: {rest} bytes behind the last");
    }
}
