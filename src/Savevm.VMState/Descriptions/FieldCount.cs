namespace Savevm.VMState.Descriptions;

/// <summary>How many elements there are, or bytes of a buffer. When a state is loaded, the field that holds it was loaded before.</summary>
/// <param name="device">The device.</param>
public delegate long FieldCount<TDevice>(ref TDevice device);
