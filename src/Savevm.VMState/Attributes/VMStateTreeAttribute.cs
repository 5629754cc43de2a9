namespace Savevm.VMState.Attributes;

/// <summary>
/// A tree: a <c>SortedDictionary</c> from <see cref="ulong"/> to a type with <see cref="VMStateAttribute"/> and a constructor without
/// parameters.
/// </summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class VMStateTreeAttribute : VMStateMemberAttribute;
