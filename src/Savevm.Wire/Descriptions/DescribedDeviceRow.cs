namespace Savevm.Wire.Descriptions;

/// <summary>What a device has besides its structure.</summary>
internal struct DescribedDeviceRow
{
    /// <summary>Position of the idstr in the text.</summary>
    internal int NameStart;

    /// <summary>Bytes of the idstr.</summary>
    internal int NameLength;

    /// <summary>Number among devices of the same name.</summary>
    internal uint InstanceId;

    /// <summary>The device is described; false for one that is saved by hand-written code.</summary>
    internal bool HasVersion;

    /// <summary>Index of the device's structure.</summary>
    internal int Struct;
}
