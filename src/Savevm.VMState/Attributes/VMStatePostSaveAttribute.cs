namespace Savevm.VMState.Attributes;

/// <summary>
/// Calls this method when saving is over, even if it failed. It takes nothing or the version, and returns nothing, or null or why it
/// cannot be done.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class VMStatePostSaveAttribute : VMStateHookAttribute;
