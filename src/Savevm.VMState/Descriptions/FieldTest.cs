namespace Savevm.VMState.Descriptions;

/// <summary>
/// Decides whether a field is there, in a state that is saved or loaded. It may look at fields before it; when a state is loaded,
/// those behind it are not loaded yet.
/// </summary>
/// <param name="device">The device.</param>
/// <param name="version">Version of the description that is saved or loaded.</param>
public delegate bool FieldTest<TDevice>(ref TDevice device, uint version);
