namespace Savevm.VMState.Registries;

/// <summary>A device that was saved alone.</summary>
/// <param name="Device">Under which name and number its section travels.</param>
/// <param name="Body">The bytes between the section's header and footer.</param>
public sealed record SavedDevice(DeviceRegistration Device, ReadOnlyMemory<byte> Body);
