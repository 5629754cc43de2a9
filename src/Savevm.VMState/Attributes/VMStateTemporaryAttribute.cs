namespace Savevm.VMState.Attributes;

/// <summary>The field is saved in another form, which exists only while it is saved or loaded.</summary>
/// <param name="form">
/// A type with a constructor without parameters that implements <c>ITemporary</c> of the device and a type with
/// <see cref="VMStateAttribute"/>.
/// </param>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class VMStateTemporaryAttribute(Type form) : VMStateMemberAttribute
{
    /// <summary>The type that makes that form and takes it back.</summary>
    public Type Form { get; } = form;
}
