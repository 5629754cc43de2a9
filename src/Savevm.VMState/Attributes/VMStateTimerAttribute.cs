namespace Savevm.VMState.Attributes;

/// <summary>When a timer fires, in nanoseconds, -1 when it is not armed: a <see cref="long"/>.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class VMStateTimerAttribute : VMStateMemberAttribute;
