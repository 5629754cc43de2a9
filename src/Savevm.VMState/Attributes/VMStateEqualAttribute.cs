namespace Savevm.VMState.Attributes;

/// <summary>A number that the device which is loaded must have already.</summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class VMStateEqualAttribute : VMStateMemberAttribute
{
    /// <summary>A smaller one is taken, too; for <see cref="int"/> only.</summary>
    public bool OrLess { get; set; }

    /// <summary>What a person may do about a difference, for the message.</summary>
    public string? Hint { get; set; }
}
