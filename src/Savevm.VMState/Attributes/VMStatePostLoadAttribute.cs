namespace Savevm.VMState.Attributes;

/// <summary>
/// Calls this method when fields and subsections are loaded. It takes nothing or the version, and returns nothing, or null or why it
/// cannot be done.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class VMStatePostLoadAttribute : VMStateHookAttribute;
