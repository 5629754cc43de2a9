namespace Savevm.Wire.Descriptions;

/// <summary>One device of a description. A view; the <see cref="VMDescription"/> owns everything.</summary>
public readonly struct DescribedDevice
{
    private readonly VMDescription _description;
    private readonly DescribedDeviceRow _row;

    internal DescribedDevice(VMDescription description, DescribedDeviceRow row)
    {
        _description = description;
        _row = row;
    }

    /// <summary>The device's name, in new memory.</summary>
    public string IdStr => _description.ToText(_row.NameStart, _row.NameLength);

    /// <summary>The device's name: 1 to 255 bytes of printable ASCII.</summary>
    public ReadOnlySpan<byte> IdStrUtf8 => _description.Text(_row.NameStart, _row.NameLength);

    /// <summary>Number among devices of the same name.</summary>
    public uint InstanceId => _row.InstanceId;

    /// <summary>
    /// The device is saved by hand-written code: its body is opaque and shown as one field. Its section's version is in the
    /// stream only.
    /// </summary>
    public bool IsLegacy => !_row.HasVersion;

    /// <summary>Fields and subsections of the section's body.</summary>
    public DescribedStruct Body => new(_description, _row.Struct);

    /// <summary>Bytes between section header and footer.</summary>
    public int BodyBytes => _description.Node(_row.Struct).Size;

    internal VMDescriptionEntry ToEntry() => new(IdStr, InstanceId, IsLegacy ? null : Body.Version, BodyBytes);
}
