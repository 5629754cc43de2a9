namespace Savevm.VMState.Saving;

/// <summary>Straight-line code that saves all fields of a device, of the newest version, without its subsections. Generated.</summary>
/// <param name="device">The device.</param>
/// <param name="saver">Takes the bytes.</param>
public delegate void FieldsSave<TDevice>(ref TDevice device, VMStateSaver saver);
