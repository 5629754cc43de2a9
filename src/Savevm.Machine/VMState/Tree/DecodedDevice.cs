namespace Savevm.Machine.VMState.Tree;

/// <summary>A device section taken apart. Immutable; any thread may read it.</summary>
public sealed class DecodedDevice
{
    internal DecodedDevice(string idStr, uint instanceId, DecodedNode root, DecodedShare share, IReadOnlyList<DecodedDefect> defects)
    {
        IdStr = idStr;
        InstanceId = instanceId;
        Root = root;
        Share = share;
        Defects = defects;
    }

    /// <summary>The device's name in the stream.</summary>
    public string IdStr { get; }

    /// <summary>Number among devices of the same name.</summary>
    public uint InstanceId { get; }

    /// <summary>The whole body; its <see cref="DecodedNode.VmsdName"/> is that of the device's description.</summary>
    public DecodedNode Root { get; }

    /// <summary>How much of the body was understood.</summary>
    public DecodedShare Share { get; }

    /// <summary>Where the bytes contradict the description. Empty for what a real QEMU wrote.</summary>
    public IReadOnlyList<DecodedDefect> Defects { get; }
}
