namespace Savevm.VMState.Attributes;

/// <summary>
/// A value: an integer, an enumeration, a truth value, a double, a string (a name behind its length), an array of bytes behind
/// their number, or a type with
/// <see cref="VMStateAttribute"/> of its own.
/// </summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class VMStateFieldAttribute : VMStateMemberAttribute
{
    /// <summary>
    /// Name of a static member of the device that holds the description of a nested structure, for a type that has none of its own or
    /// is described in another way here.
    /// </summary>
    public string? Description { get; set; }

    /// <summary>A double is called <c>float64</c> in the description, as devices of QEMU had it up to 3.1, not <c>CPU_Double_U</c>.</summary>
    public bool IsFloat64 { get; set; }

    /// <summary>The version of a nested structure that is saved and loaded; -1 for its own.</summary>
    public int StructVersion { get; set; } = -1;
}
