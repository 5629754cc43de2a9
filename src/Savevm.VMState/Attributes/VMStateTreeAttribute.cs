namespace Savevm.VMState.Attributes;

/// <summary>
/// A tree: a <c>SortedDictionary</c> from <see cref="ulong"/>, or from a type with <see cref="VMStateAttribute"/>, to a type with <see cref="VMStateAttribute"/> and a constructor without
/// parameters.
/// </summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class VMStateTreeAttribute : VMStateMemberAttribute;
