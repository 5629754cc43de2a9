namespace Savevm.VMState.Attributes;

/// <summary>A queue: a <c>List</c> of a type with <see cref="VMStateAttribute"/> and a constructor without parameters.</summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class VMStateQueueAttribute : VMStateMemberAttribute
{
    /// <summary>It is called <c>qlist</c> in the description, not <c>qtailq</c>.</summary>
    public bool IsList { get; set; }
}
