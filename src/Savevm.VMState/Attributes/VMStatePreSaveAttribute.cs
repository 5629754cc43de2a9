namespace Savevm.VMState.Attributes;

/// <summary>
/// Calls this method before the fields are saved. It takes nothing or the version, and returns nothing, or null or why it
/// cannot be done.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class VMStatePreSaveAttribute : VMStateHookAttribute;
