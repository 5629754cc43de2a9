namespace Savevm.VMState.Attributes;

/// <summary>
/// A condition on the fields that stand before this method in the source: <c>bool M()</c> or <c>bool M(uint version)</c>. A state that
/// does not meet it is neither saved nor loaded. It has no bytes.
/// </summary>
/// <param name="name">What holds, for messages.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = false)]
public sealed class VMStateValidateAttribute(string name) : Attribute
{
    /// <summary>What holds.</summary>
    public string Name { get; } = name;

    /// <summary>Name of the subsection whose fields it is about; null for those of the device itself.</summary>
    public string? Subsection { get; set; }
}
