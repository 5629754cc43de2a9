using Savevm.Machine.VMState.Decoding;
using Savevm.Machine.VMState.Tree;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Tests;

namespace Savevm.Machine.Tests.VMState;

/// <summary>Sections of a device <c>d</c> that is described by a few fields.</summary>
internal static class Described
{
    /// <summary>A description; apostrophes stand for quotation marks.</summary>
    internal static VMDescription Description(string fields, string subsections = "") => VMDescription.Parse(
        System.Text.Encoding.ASCII.GetBytes(
            ("{'devices':[{'name':'d','instance_id':0,'vmsd_name':'d','version':1,'fields':[" + fields + "]"
                + (subsections.Length == 0 ? "" : ",'subsections':[" + subsections + "]") + "}]}").Replace('\'', '"')),
        0);

    /// <summary>The body is written as for <see cref="Hex.Bytes"/>.</summary>
    internal static DecodedDevice Decode(string fields, string body, string subsections = "") =>
        DeviceDecoder.Decode(Description(fields, subsections).Devices[0], Hex.Bytes(body));

    /// <summary>The first field of a section that is understood without remarks.</summary>
    internal static DecodedNode Field(string fields, string body)
    {
        DecodedDevice device = Decode(fields, body);
        Assert.Empty(device.Defects);
        Assert.Equal(device.Share.Total, device.Share.Decoded);
        return device.Root.Children[0];
    }
}
