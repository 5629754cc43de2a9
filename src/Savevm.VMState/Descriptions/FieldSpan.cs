namespace Savevm.VMState.Descriptions;

/// <summary>
/// Where the elements of an array live in a device: <c>static (ref d) =&gt; d.registers</c>. The span is as long as the device has room;
/// it is read when the state is saved and written when it is loaded.
/// </summary>
/// <param name="device">The device.</param>
public delegate Span<TValue> FieldSpan<TDevice, TValue>(ref TDevice device);
