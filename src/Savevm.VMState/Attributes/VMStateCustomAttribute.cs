namespace Savevm.VMState.Attributes;

/// <summary>A field that code of the device's own writes and reads.</summary>
/// <param name="typeName">Name of its kind in the description.</param>
/// <param name="code">A type with a constructor without parameters that implements <c>ICustomField</c> of the device.</param>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class VMStateCustomAttribute(string typeName, Type code) : VMStateMemberAttribute
{
    /// <summary>Name of its kind in the description.</summary>
    public string TypeName { get; } = typeName;

    /// <summary>The type that writes and reads it.</summary>
    public Type Code { get; } = code;
}
