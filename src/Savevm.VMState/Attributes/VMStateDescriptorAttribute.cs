namespace Savevm.VMState.Attributes;

/// <summary>A descriptor that travels beside the bytes, an <see cref="int"/>: see <c>VMStateSaver.Descriptors</c>.</summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class VMStateDescriptorAttribute : VMStateMemberAttribute;
