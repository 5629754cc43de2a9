namespace Savevm.VMState.Descriptions;

/// <summary>Is called before or behind saving or loading.</summary>
/// <param name="device">The device.</param>
/// <param name="version">Version of the description that is saved or loaded.</param>
/// <returns>Null, or why it cannot be done, in a sentence fragment.</returns>
public delegate string? VMStateHook<TDevice>(ref TDevice device, uint version);
