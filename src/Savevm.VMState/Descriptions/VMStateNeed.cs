namespace Savevm.VMState.Descriptions;

/// <summary>Decides whether a subsection is saved: it is when the device is not in the state that a loader takes for granted.</summary>
/// <param name="device">The device.</param>
public delegate bool VMStateNeed<TDevice>(ref TDevice device);
