namespace Savevm.VMState.Attributes;

/// <summary>
/// The state of this class or structure is saved. The generator makes of the attributes of its fields a static property
/// <c>StateDescription</c>, and straight-line code that saves and loads them. The type must be partial.
/// </summary>
/// <param name="name">Name of the description (<c>vmsd_name</c>): 1 to 255 printable ASCII characters.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class VMStateAttribute(string name) : Attribute
{
    /// <summary>Name of the description.</summary>
    public string Name { get; } = name;

    /// <summary>The version that is saved.</summary>
    public uint Version { get; set; }

    /// <summary>The oldest version that is loaded; the saved one where it is not given.</summary>
    public uint MinimumVersion { get; set; }

    /// <summary>When the device is saved among others.</summary>
    public VMStatePriority Priority { get; set; }

    /// <summary>Why such a device cannot be saved, in words for a person; null for one that can.</summary>
    public string? Unmigratable { get; set; }
}
