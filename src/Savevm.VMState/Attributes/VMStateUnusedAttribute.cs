namespace Savevm.VMState.Attributes;

/// <summary>Bytes without meaning before this field, or behind it: zeros when saved, anything when loaded.</summary>
/// <param name="bytes">Number of bytes.</param>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property, AllowMultiple = true)]
public sealed class VMStateUnusedAttribute(int bytes) : Attribute
{
    /// <summary>Number of bytes.</summary>
    public int Bytes { get; } = bytes;

    /// <summary>Name of the earlier member that tells how many times there are so many bytes; null for once.</summary>
    public string? CountField { get; set; }

    /// <summary>They follow the field.</summary>
    public bool Behind { get; set; }

    /// <summary>First version of the description that has them.</summary>
    public uint Since { get; set; }

    /// <summary>Name of a method of the device that decides whether they are there.</summary>
    public string? When { get; set; }
}
