using Savevm.Machine.VMState.Tree;
using Savevm.Wire.Descriptions;

namespace Savevm.Machine.VMState.Decoding;

/// <summary>Takes device sections apart by the description that travelled behind them.</summary>
public static class DeviceDecoder
{
    /// <summary>
    /// Decodes a section. Never fails for what the bytes are: where they contradict the description, what is there is kept raw,
    /// noted in <see cref="DecodedDevice.Defects"/> and missing in <see cref="DecodedDevice.Share"/>. Thread-safe.
    /// </summary>
    /// <param name="device">The description.</param>
    /// <param name="body">The bytes between section header and footer. The tree refers to them and copies nothing.</param>
    public static DecodedDevice Decode(DescribedDevice device, ReadOnlyMemory<byte> body)
    {
        var scope = new DecodingScope(body);
        DecodedNode root = Root(scope, device, body);
        return new DecodedDevice(
            device.IdStr, device.InstanceId, root, new DecodedShare(body.Length - scope.UndecodedBytes, body.Length), scope.Defects);
    }

    private static DecodedNode Root(DecodingScope scope, DescribedDevice device, ReadOnlyMemory<byte> body)
    {
        string name = device.IdStr;
        if (device.BodyBytes != body.Length)
        {
            DecodedNode raw = scope.Defective(
                "data", "buffer", null, 0, body.Length, $"body of {body.Length} bytes, the description says {device.BodyBytes}");
            return scope.Parent(NodeKind.Struct, name, "struct", null, 0, body.Length, [raw]);
        }
        if (device.IsLegacy)
        {
            DecodedNode raw = scope.Raw("data", "buffer", null, 0, body.Length);
            return scope.Parent(NodeKind.Struct, name, "struct", null, 0, body.Length, [raw]);
        }
        IReadOnlyList<DecodedNode> children = new DescribedWalker(scope).Children(device.Body, 0, body.Length);
        return scope.Parent(NodeKind.Struct, name, "struct", null, 0, body.Length, children, device.Body.VmsdName, device.Body.Version);
    }
}
