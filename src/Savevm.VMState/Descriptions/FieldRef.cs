namespace Savevm.VMState.Descriptions;

/// <summary>
/// Where a value lives in a device: <c>static (ref d) =&gt; ref d.count</c>. Called on the thread that saves or loads.
/// </summary>
/// <param name="device">The device.</param>
public delegate ref TValue FieldRef<TDevice, TValue>(ref TDevice device);
