namespace Savevm.VMState.Descriptions;

/// <summary>Makes an array of a device that is loaded: <c>static (ref d, count) =&gt; d.words = new ulong[count]</c>.</summary>
/// <param name="device">The device.</param>
/// <param name="count">Number of elements, checked against the limit of the field.</param>
public delegate void FieldAllocation<TDevice>(ref TDevice device, int count);
